package frames

import (
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// unchecked is embedded in kinds of frames of which nothing is refused here: the domain checks them, or what cannot be used of them is
// left out.
type unchecked struct{}

// Check implements Panel.
func (unchecked) Check() error { return nil }

// Protocol is the version of the protocol that this server speaks.
const Protocol = 1

// Hello is the first frame of a panel: who it is, where it is, and what it has been shown.
type Hello struct {
	Protocol     int       `json:"protocol"`
	Token        string    `json:"token"`        // of an earlier welcome; empty: a new visitor
	Identity     string    `json:"identity"`     // what the site has signed of its visitor; empty: nothing
	Proof        string    `json:"proof"`        // of work, where the website asks new visitors for it
	Conversation uuid.UUID `json:"conversation"` // the last one it has been shown; zero: none
	After        int       `json:"after"`        // the number of the newest message of it that it has been shown; 0: none
	Page         Page      `json:"page"`
	Language     string    `json:"language"`
}

// Check implements Panel.
func (f Hello) Check() error {
	if f.Protocol != Protocol {
		return fail.New(fail.Invalid, "This server supports protocol version %d only.", Protocol)
	}
	return nil
}

// Page is where a panel says that it is.
type Page struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Referrer string `json:"referrer"`
}

// Send is a visitor's message.
type Send struct {
	ID           uuid.UUID `json:"id"`           // made by the client
	Conversation uuid.UUID `json:"conversation"` // the one it is meant for; zero: the running one, or a new one
	Text         string    `json:"text"`
	Subject      uuid.UUID `json:"subject"` // of a first message: the group that the visitor has chosen; zero: the website's first
	Page         Page      `json:"page"`    // without a URL: that of the hello
}

// Check implements Panel.
func (f Send) Check() error {
	if _, err := validate.Text("a message", f.Text, conversation.MaxText); err != nil {
		return err
	}
	if f.ID == uuid.Nil {
		return fail.New(fail.Invalid, "The message has no id.")
	}
	return nil
}

// Typing says that the visitor is typing, and what, where the website allows that.
type Typing struct {
	unchecked
	Text string `json:"text"`
}

// Contact is where the visitor can be written to. The domain checks the address.
type Contact struct {
	unchecked
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	Email string    `json:"email"`
}

// About is what a page says of its visitor: a hint, of which what is too much is left out.
type About struct {
	unchecked
	Conversation uuid.UUID   `json:"conversation"`
	PageViews    []PageView  `json:"trail"` // the newest last
	Data         VisitorData `json:"data"`
	TimeZone     string      `json:"zone"`
}

// PageView is a page that the visitor has looked at.
type PageView struct {
	URL   string    `json:"url"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

// Seen says that the visitor has read a conversation up to a message.
type Seen struct {
	unchecked
	Conversation uuid.UUID `json:"conversation"`
	Seq          int       `json:"seq"`
}

// End ends the visitor's conversation.
type End struct {
	unchecked
	ID           uuid.UUID `json:"id"`
	Conversation uuid.UUID `json:"conversation"`
}

// Rate is the visitor's rating of a conversation. The domain checks it.
type Rate struct {
	unchecked
	ID           uuid.UUID `json:"id"`
	Conversation uuid.UUID `json:"conversation"`
	Value        int       `json:"value"` // 1 to 5
	Reasons      []string  `json:"reasons"`
	Text         string    `json:"text"`
}

// Transcript asks to have a conversation mailed.
type Transcript struct {
	unchecked
	ID           uuid.UUID `json:"id"`
	Conversation uuid.UUID `json:"conversation"`
	Email        string    `json:"email"`
}
