package settings

import (
	"strings"
	"time"

	"parley/app/platform/fail"
)

// General is the section of what concerns the whole widget.
type General struct {
	Zone          string `json:"zone,omitempty"`           // IANA name of the time zone in which greetings count; empty: UTC
	Language      string `json:"language,omitempty"`       // that the widget always speaks; empty: the page's or the browser's
	TypingPreview bool   `json:"typing_preview,omitempty"` // agents see the visitor's text while it is being typed
}

func (g *General) check(c *fail.Checks) {
	g.Zone = strings.TrimSpace(g.Zone)
	_, err := time.LoadLocation(g.Zone)
	if err != nil || len(g.Zone) > 60 || g.Zone != "" && g.Zone != "UTC" && !strings.Contains(g.Zone, "/") {
		c.Add("zone", "The time zone “%s” does not exist. Enter one such as Europe/Berlin.", g.Zone)
	}
	g.Language = checkLanguage(c, "language", g.Language)
}
