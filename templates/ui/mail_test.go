package ui_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/templates/ui"
)

func TestMailTo(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"anna@shop.example":                         "mailto:anna@shop.example",
		"anna.lee-1_2~3@shop.example":               "mailto:anna.lee-1_2~3@shop.example",
		"sales?bcc=spy@evil.example":                "mailto:sales%3Fbcc%3Dspy@evil.example",
		"sales?bcc=spy@evil.example,x@shop.example": "mailto:sales%3Fbcc%3Dspy%40evil.example%2Cx@shop.example", // stored before addresses were parsed
		"a&b%c#d/e+f@shop.example":                  "mailto:a%26b%25c%23d%2Fe%2Bf@shop.example",
		"a@shop.example?bcc=spy":                    "mailto:a@shop.example%3Fbcc%3Dspy",
		"a@bücher.example":                          "mailto:a@b%C3%BCcher.example",
		"a\r\nbcc: x@shop.example":                  "mailto:a%0D%0Abcc%3A%20x@shop.example",
		"":                                          "",
		"nobody":                                    "",
		"@shop.example":                             "",
	} {
		got := string(ui.MailTo(address))
		if got != want {
			t.Errorf("%q links to %q, not %q", address, got, want)
			continue
		}
		if u, err := url.Parse(got); err != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q has headers: %q (%v)", address, got, err)
		} else if back, err := url.PathUnescape(u.Opaque); got != "" && (err != nil || back != address) {
			t.Errorf("%q writes to %q", address, back)
		}
	}
}

// Links that write a mail are made in one place.
func TestMailLinksOnlyThroughMailTo(t *testing.T) {
	t.Parallel()
	err := filepath.Walk("..", func(path string, _ os.FileInfo, err error) error {
		if err != nil || filepath.Ext(path) != ".templ" {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "mailto:") {
			t.Errorf("%s makes a mailto: link; use ui.MailTo", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
