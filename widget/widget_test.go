package widget_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/widget"
)

// sent is how many bytes of a file are sent to a browser that takes gzip but not brotli.
func sent(f widget.File) int {
	b, _ := f.Encode("gzip")
	return len(b)
}

// What a customer's page loads is at most 3 kB for the launcher, and 12 kB for all that conversations and files need, gzip; what is needed
// later, such as the rating, is loaded then.
func TestSize(t *testing.T) {
	t.Parallel()
	launcher := sent(widget.Files["widget.js"])
	panel := sent(widget.Parts[strings.TrimPrefix(widget.Panel, "/widget/")])
	all := launcher + sent(widget.Files["widget.css"]) + panel
	t.Logf("launcher %d bytes, stylesheet %d, panel %d: %d bytes gzip", launcher, sent(widget.Files["widget.css"]), panel, all)
	if launcher > 3000 || all > 12000 {
		t.Errorf("launcher %d bytes (at most 3,000), everything for talking and files %d (at most 12,000)", launcher, all)
	}
	for name, part := range widget.Parts { // loaded where they are used
		if n := sent(part); name != strings.TrimPrefix(widget.Panel, "/widget/") && n > 4500 {
			t.Errorf("%s has %d bytes (at most 4,500)", name, n)
		}
	}
}

// The stylesheet is linked by the customer's page itself, so every rule must be scoped to the chat's shadow root; and no file may
// name another server.
func TestHarmlessInThePage(t *testing.T) {
	t.Parallel()
	css := string(widget.Files["widget.css"].Plain) + string(widget.Parts[strings.TrimPrefix(widget.Style, "/widget/")].Plain)
	depth, selector := 0, ""
	for _, r := range css {
		switch r {
		case '{':
			at := strings.HasPrefix(selector, "@")
			if !at && depth >= 0 {
				for _, one := range strings.Split(selector, ",") {
					if one = strings.TrimSpace(one); !strings.HasPrefix(one, ":host") {
						t.Errorf("a rule that could touch the page: %q", one)
					}
				}
			}
			selector = ""
			depth++
		case '}':
			depth--
			selector = ""
		case ';':
			selector = ""
		default:
			selector += string(r)
		}
	}
	scripts := maps.Clone(widget.Parts)
	scripts["widget.js"] = widget.Files["widget.js"]
	for name, f := range scripts {
		for _, bad := range []string{"eval(", "new Function", "innerHTML", "document.write", "document.cookie", "https://"} {
			if strings.Contains(string(f.Plain), bad) {
				t.Errorf("%s contains %s", name, bad)
			}
		}
	}
}

// Every language has all texts that English has, with the same placeholders.
func TestTexts(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`(\w+): "([^"]*)"`)
	filled := regexp.MustCompile(`\{\w+\}`)
	of := func(name string) map[string][]string {
		b, err := os.ReadFile("src/texts/" + name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]string{}
		for _, m := range text.FindAllStringSubmatch(string(b), -1) {
			if _, twice := all[m[1]]; twice {
				t.Errorf("%s says %s twice", name, m[1])
			}
			all[m[1]] = filled.FindAllString(m[2], -1)
			slices.Sort(all[m[1]])
		}
		return all
	}
	want := of("en")
	maps.Copy(want, of("more"))
	names := widget.TextNames()
	if len(want) != len(widget.Texts) || len(names) != len(want)+len(widget.Refusals) {
		t.Errorf("the package knows %d of %d texts", len(widget.Texts), len(want))
	}
	for _, reason := range widget.Refusals {
		want["no_"+reason] = nil
	}
	want["no_fault"] = []string{"{reference}"}
	for _, lang := range []string{"de", "fr", "es", "nl", "pt", "it", "pl", "tr", "ar"} {
		got := of(lang)
		for name, fills := range want {
			if has, there := got[name]; !there || !slices.Equal(has, fills) {
				t.Errorf("%s: %s is missing or fills in %v instead of %v", lang, name, has, fills)
			}
		}
		for name := range got {
			if _, there := want[name]; !there {
				t.Errorf("%s says %s, which nothing asks for", lang, name)
			}
		}
	}
}
