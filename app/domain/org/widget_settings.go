package org

// Settings is how a website's widget looks and behaves. The zero value is what a new website has.
type Settings struct {
	Zone             string            `json:"zone,omitempty"`     // IANA name of the time zone in which its greetings count; empty: UTC
	Language         string            `json:"language,omitempty"` // that the widget always speaks; empty: the page's or the browser's
	Appearance       Appearance        `json:"look"`
	Greetings        []Greeting        `json:"greetings,omitempty"` // the first that fits is said
	Holidays         []string          `json:"holidays,omitempty"`  // days on which it counts as closed: 2026-12-25, or 12-25 for every year
	Invite           ProactiveInvite   `json:"invite"`
	Questions        []PreChatQuestion `json:"questions,omitempty"` // before the first message
	Privacy          string            `json:"privacy,omitempty"`   // what the panel says of data; Markdown
	Files            FileSettings      `json:"files"`
	Rating           RatingSettings    `json:"rating"`
	MailDisabled     bool              `json:"no_mail,omitempty"`    // no transcript by mail, no answers by mail
	WarnAfterMinutes int               `json:"warn_after,omitempty"` // minutes of the visitor's silence; 0: never
	EndAfterMinutes  int               `json:"end_after,omitempty"`  // minutes after the warning; 0: never
	ProofOfWork      bool              `json:"proof,omitempty"`      // browsers prove some work before the first message
	Mail             MailSettings      `json:"mail,omitzero"`
	// Texts are the widget's own in other words, by language and the text's name.
	Texts map[string]map[string]string `json:"texts,omitempty"`
}

// Appearance is where the launcher is.
type Appearance struct {
	Left             bool   `json:"left,omitempty"`
	OffsetX          int    `json:"x,omitempty"` // pixels from the side, beside the usual
	OffsetY          int    `json:"y,omitempty"` // pixels from the bottom, beside the usual
	Hidden           bool   `json:"hidden,omitempty"`
	LauncherSelector string `json:"own,omitempty"` // CSS selector of elements in the page that open the chat instead of the launcher
	Color            string `json:"color,omitempty"`
}

// Presence is a website's state: whether somebody is there to answer.
type Presence string

// States of a website.
const (
	Online  Presence = "online"  // an agent has capacity
	Busy    Presence = "busy"    // all have as much as they may
	Away    Presence = "away"    // it is open, but nobody is there
	Offline Presence = "offline" // it is closed
)

// Presences is all of them.
var Presences = []Presence{Online, Busy, Away, Offline}

// ProactiveInvite shows a greeting beside the launcher by itself.
type ProactiveInvite struct {
	Text          string `json:"text,omitempty"`   // empty: it never does
	AfterSeconds  int    `json:"after,omitempty"`  // seconds on the page
	ScrollPercent int    `json:"scroll,omitempty"` // percent of the page
	OnExit        bool   `json:"exit,omitempty"`   // the pointer leaves the page
	Page          string `json:"page,omitempty"`   // as in Greeting
	RepeatHours   int    `json:"every,omitempty"`  // hours until it may come again
	OnlyOnline    bool   `json:"online,omitempty"` // only while an agent has capacity
}

// FileSettings says what may be sent.
type FileSettings struct {
	Disabled    bool     `json:"off,omitempty"`
	MaxMB       int      `json:"mb,omitempty"`    // the most for one; 0: 10
	Types       []string `json:"sorts,omitempty"` // none: the usual ones
	Screenshots bool     `json:"shots,omitempty"` // the visitor can send a picture of the page
}

// DefaultFileTypes is what may be sent where nothing else is said.
var DefaultFileTypes = []string{"images", "pdf", "texts", "office"}

// MaxBytes is the largest file in bytes.
func (f FileSettings) MaxBytes() int {
	if f.MaxMB == 0 {
		return 10 << 20
	}
	return f.MaxMB << 20
}

// AllowedTypes is what may be sent.
func (f FileSettings) AllowedTypes() []string {
	switch {
	case f.Disabled:
		return nil
	case len(f.Types) == 0:
		return DefaultFileTypes
	}
	return f.Types
}

// RatingSettings says how the visitor is asked for its verdict.
type RatingSettings struct {
	Disabled bool     `json:"off,omitempty"`
	Thumbs   bool     `json:"thumbs,omitempty"` // instead of stars
	Reasons  []string `json:"reasons,omitempty"`
}
