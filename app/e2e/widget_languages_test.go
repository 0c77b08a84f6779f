package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"parley/app/domain/settings"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestWidgetLanguages shows that a language falls back along its parts, in the widget's texts and in a website's
// own.
func TestWidgetLanguages(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) {
		x.Greetings.List = []settings.Greeting{
			{Text: "Guten Tag", Language: "de"},
			{Text: "Bom dia", Language: "pt-BR"},
			{Text: "您好", Language: "zh-Hant"},
			{Text: "Zdravo", Language: "sr-Latn"},
		}
		x.Texts = map[string]map[string]string{
			"de":    {"write": "Ihre Frage", "send": "Los"},
			"de-AT": {"write": "Servus"},
			"pt":    {"write": "Pergunta"},
			"zh":    {"write": "问题"},
		}
		x.PreChat.Questions = []settings.Question{{Kind: "name", Label: "Name", Labels: map[string]string{"de": "Ihr Name", "zh-Hant": "姓名"}}}
	})
	for lang, want := range map[string][4]string{
		"de":         {"de", "Guten Tag", "Ihre Frage", "Ihr Name"},
		"de_DE":      {"de", "Guten Tag", "Ihre Frage", "Ihr Name"},
		"DE":         {"de", "Guten Tag", "Ihre Frage", "Ihr Name"},
		"de_at":      {"de", "Guten Tag", "Servus", "Ihr Name"},
		"pt-BR":      {"pt", "Bom dia", "Pergunta", "Name"},
		"pt_PT":      {"pt", "", "Pergunta", "Name"},
		"es_419":     {"es", "", "", "Name"},
		"zh-Hant":    {"", "您好", "问题", "姓名"},
		"zh-Hant-TW": {"", "您好", "问题", "姓名"},
		"sr-Latn-RS": {"", "Zdravo", "", "Name"},
		"xx":         {"", "", "", "Name"},
	} {
		var answer struct {
			Website struct {
				Words     string
				Greetings []struct{ Text string }
				Texts     map[string]string
				Questions []struct{ Label string }
			}
		}
		siteAnswer(t, s, o.Key, lang, &answer)
		w := answer.Website
		words, _, _ := strings.Cut(strings.TrimPrefix(w.Words, "/widget/"), "-")
		greeting := ""
		if len(w.Greetings) > 0 {
			greeting = w.Greetings[0].Text
		}
		if got := [4]string{words, greeting, w.Texts["write"], w.Questions[0].Label}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	b := testkit.NewTab(t)
	b.Go(newPage(t, s, o.Key, `lang="de_AT"`, "", "<h1>Laden</h1>"))
	b.Wait(`$("chat .launcher").getAttribute("aria-label") === "Chat öffnen"`)
	b.Click("chat .launcher")
	b.Wait(`text("chat .greeting") === "Guten Tag" && $("chat .send").innerText === "Starten" || $("chat .questions")`)
	if lang := testkit.Eval[string](b, `document.getElementById("parley").lang`); lang != "de-AT" {
		t.Errorf("the chat's language is %q", lang)
	}
}

// siteAnswer requests what a page requests before the chat is shown.
func siteAnswer(t *testing.T, s *serve.Server, key, lang string, into any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.URL+"/widget/v1/site?key="+key+"&lang="+lang, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://shop.example.:443")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
