package widget

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/files"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/front/web/upload"
	assets "parley/widget"
)

// SiteSettings is what a widget needs to know of its website.
type SiteSettings struct {
	Name          string `json:"name"`
	Greeting      string `json:"greeting"`
	TypingPreview bool   `json:"typing_preview"`
	Panel         string `json:"panel"` // path of the panel's code

	Subjects []subjectChoice `json:"subjects,omitempty"` // what the visitor can choose from, if there is a choice

	State     string              `json:"state,omitempty"` // online, busy, away, offline: as it was when this was said
	Opens     *time.Time          `json:"opens,omitempty"`
	Greetings []settings.Greeting `json:"greetings,omitempty"`
	Zone      string              `json:"zone,omitempty"` // in which the greetings' times are
	Holidays  []string            `json:"holidays,omitempty"`
	Language  string              `json:"language,omitempty"` // that the widget speaks, whatever the page does

	Appearance  settings.Appearance `json:"look"`
	CSS         map[string]string   `json:"css,omitempty"`   // what look sets on the widget's element
	Style       string              `json:"style"`           // path of the stylesheet of what is loaded when it is used
	TextsPath   string              `json:"words,omitempty"` // path of the widget's texts, where they are not English
	Modal       string              `json:"modal"`           // path of what puts the chat into a page's modal dialog
	Invite      *inviteSettings     `json:"invite,omitempty"`
	Questions   []settings.Question `json:"questions,omitempty"`
	Privacy     string              `json:"privacy,omitempty"`
	Files       *fileSettings       `json:"files,omitempty"`  // what may be sent; without it nothing
	Rating      *settings.Rating    `json:"rating,omitempty"` // how the visitor is asked for its verdict; without it it is not
	Transcripts bool                `json:"mail,omitempty"`   // transcripts can be mailed
	Texts       map[string]string   `json:"texts,omitempty"`  // the widget's own in other words
}

type inviteSettings struct {
	settings.Invitation
	Code string `json:"code"` // path of what shows it
}

type fileSettings struct {
	MaxBytes    int    `json:"most"`   // bytes
	Accept      string `json:"accept"` // as of a file field
	Screenshots bool   `json:"shots,omitempty"`
}

// Settings returns what a widget that speaks a language needs to know of a website.
func (h *Handlers) Settings(ctx context.Context, site *org.WidgetWebsite, lang string) (*SiteSettings, error) {
	x := site.Settings
	out := &SiteSettings{Name: site.Name, Greeting: x.Greetings.Standard, TypingPreview: x.General.TypingPreview, Panel: assets.Panel,
		Style: assets.Style, Modal: assets.Modal, Zone: x.General.Zone, Holidays: x.Greetings.Holidays,
		Language: x.General.Language, Appearance: x.Appearance, CSS: appearanceCSS(x.Appearance), Privacy: x.PreChat.Privacy,
		Transcripts: !x.Closing.MailDisabled && !h.mails.IsOff()}
	if x.General.Language != "" {
		lang = x.General.Language
	}
	speaks := settings.LanguageFallbacks(lang)
	out.TextsPath, _ = settings.BestTranslation(assets.Words, speaks)
	for _, g := range x.Greetings.List {
		if g.Language == "" || slices.Contains(speaks, settings.NormalizeLanguage(g.Language)) {
			out.Greetings = append(out.Greetings, g)
		}
	}
	if x.Invitation.Text != "" {
		out.Invite = &inviteSettings{x.Invitation, assets.Invite}
	}
	for _, q := range x.PreChat.Questions {
		if text, _ := settings.BestTranslation(q.Labels, speaks); text != "" {
			q.Label = text
		}
		q.Labels = nil
		out.Questions = append(out.Questions, q)
	}
	if allowed := x.Files.AllowedTypes(); len(allowed) > 0 {
		out.Files = &fileSettings{x.Files.MaxBytes(), files.Accept(upload.Categories(allowed)), x.Files.Screenshots}
	}
	if !x.Closing.Disabled {
		out.Rating = &x.Closing.Rating
	}
	if open, there := settings.BestTranslation(launcherLabels, speaks); there { // the launcher is named before its texts are there
		out.Texts = map[string]string{"open": open}
	}
	for i := range speaks { // the most specific last: it counts
		for name, text := range textsIn(x.Texts, speaks[len(speaks)-1-i]) {
			if out.Texts == nil {
				out.Texts = map[string]string{}
			}
			out.Texts[name] = text
		}
	}
	var groups []uuid.UUID
	for _, subject := range site.Groups {
		groups = append(groups, subject.Group)
	}
	if len(site.Groups) > 1 {
		for _, x := range site.Groups {
			subject := subjectChoice{ID: x.Group, Name: x.Name}
			if label, _ := settings.BestTranslation(x.Labels, speaks); label != "" {
				subject.Labels = map[string]string{lang: label}
			}
			out.Subjects = append(out.Subjects, subject)
		}
	}
	o, err := h.routing.GetWebsiteAvailability(ctx, site.Org, site.CustomerID, site.ID, groups)
	if out.State = o.State; !o.OpensAt.IsZero() {
		opens := o.OpensAt.UTC()
		out.Opens = &opens
	}
	return out, err
}

// appearanceCSS returns the custom properties of an appearance: how far the launcher is from its corner, its color, and black or white
// on it, whichever can be read better.
func appearanceCSS(look settings.Appearance) map[string]string {
	css := map[string]string{}
	for name, pixels := range map[string]int{"--x": look.OffsetX, "--y": look.OffsetY} {
		if pixels != 0 {
			css[name] = strconv.Itoa(pixels) + "px"
		}
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(look.Color, "#"), 16, 24); err == nil {
		css["--accent"], css["--on-accent"] = look.Color, "#fff"
		if n>>16*3+n>>8&255*6+n&255 > 1450 {
			css["--on-accent"] = "#000"
		}
	}
	return css
}

// textsIn returns a website's own texts in exactly one language, however that is written.
func textsIn(all map[string]map[string]string, language string) map[string]string {
	texts, _ := settings.BestTranslation(all, []string{language})
	return texts
}

// subjectChoice is a topic that the visitor can choose.
type subjectChoice struct {
	ID     uuid.UUID         `json:"id"`
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"` // what the visitor reads, by the language asked for
}
