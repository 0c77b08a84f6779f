package settings

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/app/platform/fail"
)

// filled is settings with a value other than the default in every field.
func filled() Widget {
	w := Default()
	w.General = General{Zone: "Europe/Berlin", Language: "de", TypingPreview: true}
	w.Appearance = Appearance{Left: true, OffsetX: 5, OffsetY: -5, Hidden: true, LauncherSelector: ".help", Color: "#aabbcc"}
	w.Greetings = Greetings{Standard: "Hi", List: []Greeting{{Text: "Good night", From: "22:00", To: "06:00", Days: []int{0}}}, Holidays: []string{"12-25"}}
	w.Invitation = Invitation{Text: "Can we help?", AfterSeconds: 5, ScrollPercent: 50, OnExit: true, Page: "/shop/*", RepeatHours: 2, OnlyOnline: true}
	w.PreChat = PreChat{Questions: []Question{{Kind: "choice", Label: "Which?", Choices: []string{"A", "B"}}}, Privacy: "Nothing is kept."}
	w.Files = Files{Disabled: true, MaxMB: 20, Types: []string{"pdf"}, Screenshots: true}
	w.Closing = Closing{Rating: Rating{Disabled: true, Thumbs: true, Reasons: []string{"Quick"}}, MailDisabled: true, WarnAfterMinutes: 5, EndAfterMinutes: 6}
	w.Mail = Mail{Sender: "Tea", ReplyTo: "a@b.example", ReplySubject: MailSubject{Text: "Re"}, TranscriptSubject: MailSubject{Text: "Talk"}}
	w.Security.ProofOfWork = true
	w.Texts = Texts{"de": {"write": "Frage?"}}
	return w
}

// The defaults pass the check that managers' values have to pass, and so does what sets every field.
func TestDefaultsPassTheirChecks(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]Widget{"default": Default(), "filled": filled()} {
		if err := w.check(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	desk := DefaultDesk()
	for name, err := range map[string]error{"routing": DefaultRouting().Check(), "desk": desk.check()} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every field is stored by itself and read again as it was, and says where it comes from.
func TestEveryFieldIsStoredAndHasAnOrigin(t *testing.T) {
	t.Parallel()
	want, def := filled(), Default()
	for level := OrganizationLevel; level <= WebsiteLevel; level++ {
		var s stack
		s[level] = values{}
		for i := range widgetFields {
			f := &widgetFields[i]
			if reflect.DeepEqual(f.of(&want).Interface(), f.of(&def).Interface()) {
				t.Errorf("%s has its default, which shows nothing", f.field)
			}
			raw, err := f.encode(&want)
			if err != nil {
				t.Fatal(err)
			}
			s[level].set(f.section, f.name, raw)
		}
		raw, _ := json.Marshal(want.Texts)
		s[level].set("texts", "texts", raw)
		got, err := s.widget(WebsiteLevel)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("from the %s: %+v, not %+v (%v)", level, got, want, err)
		}
		origins := s.origins(WebsiteLevel)
		for _, f := range Fields() {
			if from, there := origins[f]; !there || from != level {
				t.Errorf("%s comes from the %s, not the %s", f, from, level)
			}
		}
		if above, err := s.widget(level - 1); err != nil || !reflect.DeepEqual(above, def) {
			t.Errorf("above the %s: %+v (%v)", level, above, err)
		}
	}
}

// What the handlers of forms name are settings, and each is named once; nothing is called by an empty name.
func TestFieldsAreNamed(t *testing.T) {
	t.Parallel()
	list := Fields()
	if len(list) < 35 {
		t.Errorf("there are %d fields only", len(list))
	}
	slices.Sort(list)
	if len(slices.Compact(slices.Clone(list))) != len(list) {
		t.Errorf("a field is there twice: %v", list)
	}
	for _, f := range list {
		if section, name := f.split(); section == "" || name == "" || strings.Contains(name, ".") {
			t.Errorf("“%s” is no name of a field", f)
		}
	}
}

// Numbers out of range, and an end without a warning, are refused beside their fields.
func TestRangesAreChecked(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*Widget){
		"x": func(w *Widget) { w.Appearance.OffsetX = Offset.Max + 1 }, "y": func(w *Widget) { w.Appearance.OffsetY = Offset.Min - 1 },
		"after":    func(w *Widget) { w.Invitation = Invitation{Text: "Hi", AfterSeconds: 3601} },
		"scroll":   func(w *Widget) { w.Invitation = Invitation{Text: "Hi", ScrollPercent: 101} },
		"every":    func(w *Widget) { w.Invitation = Invitation{Text: "Hi", RepeatHours: -1} },
		"invite":   func(w *Widget) { w.Invitation = Invitation{AfterSeconds: 1} },
		"files_mb": func(w *Widget) { w.Files.MaxMB = 0 }, "end_after": func(w *Widget) { w.Closing.EndAfterMinutes = 10081 },
		"warn_after": func(w *Widget) { w.Closing.EndAfterMinutes = 5 }, "color": func(w *Widget) { w.Appearance.Color = "red" },
		"zone": func(w *Widget) { w.General.Zone = "Berlin" }, "language": func(w *Widget) { w.General.Language = "no language" },
		"greeting": func(w *Widget) { w.Greetings.Standard = "Hello {visitor}" },
	} {
		w, before := Default(), Default()
		change(&w)
		if e := fail.As(w.check(&before)); e == nil || e.Fields[field] == "" {
			t.Errorf("%s: %v", field, e)
		}
		if err := w.check(&w); err != nil {
			t.Errorf("%s, as it was before: %v", field, err)
		}
	}
}

// Texts of several levels are one list; the lowest level counts, whatever the spelling of a language is.
func TestTextsAreMerged(t *testing.T) {
	t.Parallel()
	got := Texts{"de": {"write": "O", "send": "O"}, "pt-BR": {"write": "O"}}.Merge(Texts{"de": {"write": "W"}, "pt_br": {"send": "W"}, "fr": {"write": "W"}})
	want := Texts{"de": {"write": "W", "send": "O"}, "pt-BR": {"write": "O", "send": "W"}, "fr": {"write": "W"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// The desk's settings are stored as far as they are other than the default, and read again as they were.
func TestDeskIsStored(t *testing.T) {
	t.Parallel()
	for _, want := range []Desk{DefaultDesk(), {AgentsEdit: true, Review: true, AwayReasons: []string{}}, {AwayReasons: []string{"Tea"}}} {
		stored, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		if isDefault := reflect.DeepEqual(want, DefaultDesk()); isDefault != (stored == nil) {
			t.Errorf("%+v is stored as %s", want, stored)
		}
		if got, err := DecodeDesk(stored); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, not %+v (%v)", got, want, err)
		}
	}
}
