package faq_test

import (
	"strings"
	"testing"

	"parley/app/domain/faq"
)

func TestFillPlaceholders(t *testing.T) {
	t.Parallel()
	nobody := faq.PlaceholderValues{Agent: "Mia", Website: "Shop", Greeting: "Good morning", Data: map[string]string{"Plan": "Pro"}}
	anna := nobody
	anna.Visitor = "anna Lee"
	for in, want := range map[string][2]string{ // with a visitor's name, without
		"{visitor}, danke!":                         {"anna Lee, danke!", "Danke!"},
		"{visitor}! Danke.":                         {"anna Lee! Danke.", "Danke."},
		"{visitor} – danke":                         {"anna Lee – danke", "Danke"},
		"{visitor},\nthank you":                     {"anna Lee,\nthank you", "Thank you"},
		"Hallo {visitor}, willkommen":               {"Hallo anna Lee, willkommen", "Hallo, willkommen"},
		"Hi {visitor}!":                             {"Hi anna Lee!", "Hi!"},
		"Danke {visitor}.":                          {"Danke anna Lee.", "Danke."},
		"Danke, {visitor}.":                         {"Danke, anna Lee.", "Danke."},
		"Danke, {visitor}":                          {"Danke, anna Lee", "Danke"},
		"Danke – {visitor}!":                        {"Danke – anna Lee!", "Danke!"},
		"Well, {visitor}, it is.":                   {"Well, anna Lee, it is.", "Well, it is."},
		"Hello {visitor} and welcome":               {"Hello anna Lee and welcome", "Hello and welcome"},
		"Hello ({visitor}), so":                     {"Hello (anna Lee), so", "Hello, so"},
		"Wait. {visitor}, are you there?":           {"Wait. anna Lee, are you there?", "Wait. Are you there?"},
		"Note: {visitor}, please":                   {"Note: anna Lee, please", "Note: please"},
		"One\n{visitor}\nTwo":                       {"One\nanna Lee\nTwo", "One\nTwo"},
		"One\n{visitor}, two":                       {"One\nanna Lee, two", "One\nTwo"},
		"{visitor}":                                 {"anna Lee", ""},
		"{visitor}.":                                {"anna Lee.", ""},
		"Hello {visitor|there}!":                    {"Hello anna Lee!", "Hello there!"},
		"{visitor|}, yes":                           {"anna Lee, yes", "Yes"},
		"{visitor} {data.none}, élan":               {"anna Lee, élan", "Élan"},
		"{greeting} {visitor}, I am {agent}.":       {"Good morning anna Lee, I am Mia.", "Good morning, I am Mia."},
		"{greeting}, {visitor}!":                    {"Good morning, anna Lee!", "Good morning!"},
		"{Website}: {data.plan}, {data.other|none}": {"Shop: Pro, none", "Shop: Pro, none"},
		"{unknown} {} {{agent}} { agent }":          {"{unknown} {} {Mia} { agent }", "{unknown} {} {Mia} { agent }"},
		"你好，{visitor}！欢迎":                           {"你好，anna Lee！欢迎", "你好！欢迎"},
		"{visitor}'s order - {visitor}":             {"anna Lee's order - anna Lee", "Order"},
		"About {visitor}’s order.":                  {"About anna Lee’s order.", "About order."},
		"{visitor}s Bestellung":                     {"anna Lees Bestellung", "Bestellung"},
		"This is {visitor}' order":                  {"This is anna Lee' order", "This is order"},
		"Hello '{visitor}' and":                     {"Hello 'anna Lee' and", "Hello '' and"},
		"{visitor|Your friend}'s order":             {"anna Lee's order", "Your friend's order"},
		"No placeholder, at all.":                   {"No placeholder, at all.", "No placeholder, at all."},
	} {
		for i, f := range []faq.PlaceholderValues{anna, nobody} {
			if got := f.Fill(in); got != want[i] {
				t.Errorf("%q becomes %q, not %q", in, got, want[i])
			}
		}
	}
	if got := (faq.PlaceholderValues{Visitor: "{agent}", Agent: "Mia"}).Fill("Hello {visitor}"); got != "Hello {agent}" {
		// what a visitor is called is no placeholder
		t.Errorf("%q", got)
	}
}

func TestCheckPlaceholders(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{
		"", "Hello", "{visitor} {Agent} {WEBSITE|here} {customer|} {greeting}",
		"{data.plan} {data.Order-Number|none} {data.größe}", `{ "a": 1 } {"a"} {} { } {1} {a: b} {;} {a=b}`,
		"a { color: red }", "`{x}` and `{ vistor }`", "```\n{vistor}\n```", "{a\nb}", "for(;;){i++}", "visitor}",
		"{color:red}", "{agent: 1}", "{agents", "`{agent`", "{ code", "Price {data.price} €",
	} {
		if err := faq.CheckPlaceholders(ok); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, text := range []string{"Hello {agent", "{visitor, hello {agent}", "{ visitor|there", "{data.plan is\nyours}", "{Website. Yes"} {
		if err := faq.CheckPlaceholders(text); err == nil || !strings.Contains(err.Error(), "is not closed") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, hint := range map[string]string{
		"Hello {vistor}!":  "{visitor}",
		"{Visitor Name}":   "{visitor}",
		"{ agent }":        "{agent}",
		"{visitor_name}":   "{visitor}",
		"{{visitor.name}}": "{visitor}",
		"{agnet|x}":        "{agent}",
		"{name}":           "{visitor}",
		"{company}":        "{customer}",
		"{greting}":        "{greeting}",
		"{data plan}":      "{data.plan}",
		"{web site}":       "{website}",
		"{visitor }":       "{visitor}",
		"{xyzzy}":          "",
		"{data}":           "",
		"{data.}":          "",
		"{x}":              "",
	} {
		err := faq.CheckPlaceholders(text)
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		if has := strings.Contains(err.Error(), "Did you mean"); has != (hint != "") || !strings.Contains(err.Error(), hint) || !strings.Contains(err.Error(), "{visitor}, {agent}, {website}, {customer}, {greeting}") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
