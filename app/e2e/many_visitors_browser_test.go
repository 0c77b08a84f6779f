package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// addFAQEntry adds a published entry to an organization's FAQ.
func addFAQEntry(t testing.TB, s *serve.Server, o testkit.Org, question, answer string) faq.Entry {
	t.Helper()
	e := faq.Entry{State: faq.Published, Texts: []faq.Text{{Language: "en", Question: question, Answer: answer}}}
	id, _, err := s.FAQ.SaveEntry(context.Background(), o.As(access.Owner), e)
	if err != nil {
		t.Fatal(err)
	}
	e.ID = id
	return e
}

// TestBrowserTwelveVisitorsByKeyboard shows one agent answering twelve visitors who write at the same time, by
// keyboard alone: typed replies, suggestions inserted and sent, snippets. Every reply reaches the right one, and
// incoming messages move nothing that is being typed.
func TestBrowserTwelveVisitorsByKeyboard(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	addFAQEntry(t, s, o, "How do I reset my password?", "Open the settings, choose **Security**, and press Reset.")
	addFAQEntry(t, s, o, "Where is my parcel?", "It is on its way; the number is in your mail.")
	if err := s.FAQ.SaveSnippet(context.Background(), o.As(access.Owner), faq.Snippet{
		Name: "moment",
		Keys: "Ctrl+Shift+Y",
		Body: "One moment please, says {agent} of {website}.",
	}); err != nil {
		t.Fatal(err)
	}
	desk := testkit.NewTab(t)
	desk.Size(1600, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Run(
		`window.pointed = 0; for (const type of ["pointerdown", "mousedown", "touchstart"]) addEventListener(type, () => pointed++, true)`)

	visitors := newVisitors(t, s, o, 12)
	at := map[string]*visitorClient{}
	for i, v := range visitors {
		v.send(fmt.Sprintf("Visitor %d: hello, I have a question", i))
		at[v.conversation] = v
	}
	for i := range visitors {
		desk.Wait(`!$("#take-next").disabled`)
		desk.Keys("n", altKey)
		desk.Wait(`document.querySelectorAll("#mine li").length === ` + itoa(i+1))
	}
	present := func() string {
		return testkit.Eval[string](desk, `document.querySelector(".pane.focus").dataset.conversation`)
	}

	// Each in the order of its wait; the reply names whom it is for.
	seen := map[string]bool{}
	answerInOrder(t, desk, visitors, at, present, seen)

	// A suggestion inserted and sent, one sent at once, a snippet by its name and by its keys.
	shift := altKey | chromedp.ModifierShift
	answerByKeys(o, desk, visitors, shift)
	if n := testkit.Eval[int](desk, "pointed"); n != 0 {
		t.Errorf("%d events of a pointer", n)
	}
	for _, v := range visitors { // nobody has got what was another's
		for _, text := range v.texts {
			if strings.HasPrefix(text, "This is for ") && text != "This is for "+v.conversation {
				t.Errorf("%s has got %q", v.conversation, text)
			}
		}
	}
	for _, line := range desk.Console() {
		t.Error("console: " + line)
	}
}

// answerByKeys answers with suggestions and snippets, by keys only.
func answerByKeys(o testkit.Org, desk *testkit.Tab, visitors []*visitorClient, shift kb.Modifier) {
	for i, c := range []struct {
		asks, reply string
		keys        func()
	}{
		{"how can i reset the password", "Open the settings, choose **Security**, and press Reset.", func() { desk.Keys("j", altKey) }},
		{"where is my parcel??", "It is on its way; the number is in your mail.", func() { desk.Keys("j", shift) }},
		{"Somebody there?", "One moment please, says agent of " + o.Name + " of Shop of " + o.Name + ".", func() { desk.Keys("/mom"); desk.Wait(`$(".snippets [role=option]")`); desk.Keys(kb.Enter) }},
		{"Nobody?", "One moment please, says agent of " + o.Name + " of Shop of " + o.Name + ".", func() { desk.Keys("y", chromedp.ModifierCtrl|chromedp.ModifierShift) }},
	} {
		v := visitors[i*3]
		v.send(c.asks)
		desk.Wait(`$("#mine-` + v.conversation + ` [data-wait]")`)
		if strings.HasPrefix(c.reply, "O") && i == 0 || i == 1 {
			desk.Wait(`$("#suggest-` + v.conversation + ` li")`)
		}
		desk.Keys("u", altKey)
		desk.Wait(
			`$(".pane.focus").dataset.conversation === "` + v.conversation + `" && document.activeElement === $("#text-` + v.conversation + `")`)
		c.keys()
		if i != 1 {
			desk.Wait(`$("#text-` + v.conversation + `").value.length > 10`)
			desk.Keys(kb.Enter)
		}
		v.awaitText(c.reply)
	}
}

// answerInOrder answers each conversation in the order of its wait.
func answerInOrder(t *testing.T, desk *testkit.Tab, visitors []*visitorClient, at map[string]*visitorClient, present func() string, seen map[string]bool) {
	t.Helper()
	desk.Keys("u", altKey)
	for i := range visitors {
		c := present()
		if seen[c] {
			t.Fatalf("the %dth most urgent was answered already", i)
		}
		seen[c] = true
		first := true
		for _, part := range []string{"This is for ", c} {
			desk.Keys(part)
			if first && i%3 == 0 { // meanwhile others write, and somebody new comes
				first = false
				for k, other := range visitors {
					if k%4 == i%4 && other.conversation != c && !seen[other.conversation] {
						other.send("Are you there?")
					}
				}
				desk.Wait(`document.activeElement === $("#text-` + c + `") && $("#text-` + c + `").value === "This is for "`)
			}
		}
		desk.Keys(kb.Enter, altKey)
		at[c].awaitText("This is for " + c)
		if i < 11 {
			desk.Wait(
				`$(".pane.focus").dataset.conversation !== "` + c + `" && document.activeElement === $("#text-" + $(".pane.focus").dataset.conversation)`)
		}
	}
	desk.Wait(`!document.querySelector("#mine [data-wait]")`)
}

// TestBrowserSuggestionsLearn shows that suggestions learn on the screen: wrong at first, taught once, right for the
// next visitor who asks so; a dismissed one disappears, and an answer becomes an entry that is suggested to the next
// visitor.
func TestBrowserSuggestionsLearn(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	for _, e := range [][2]string{
		{"How do I cancel my subscription?", "Under Account, choose Cancel."},
		{"Which sizes are there?", "From 34 to 48."},
		{"Can I pay by invoice?", "Yes, within 14 days."},
		{"Do you repair broken zips?", "Yes, send it to our workshop."},
	} {
		addFAQEntry(t, s, o, e[0], e[1])
	}
	desk := testkit.NewTab(t)
	desk.Size(1400, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	ask := func(text string) *visitorClient {
		t.Helper()
		v := newVisitor(t, s, o, "")
		v.send(text)
		desk.Wait(`$("#queue-` + v.conversation + `")`)
		desk.Keys("n", altKey)
		desk.Wait(
			`$(".pane.focus")?.dataset.conversation === "` + v.conversation + `" && document.activeElement === $("#text-` + v.conversation + `")`)
		return v
	}
	// Nobody could know that this is about zips.
	v := ask("my fastener thingy jammed")
	desk.Wait(`!text("#suggest-` + v.conversation + ` li b")?.includes("zips")`)
	desk.Keys("s", altKey)
	desk.Wait(`document.activeElement.matches(".faq-search input")`)
	desk.Keys("broken zip")
	desk.Wait(`[...document.querySelectorAll(".about:not([hidden]) .found mark")].some((m) => m.textContent.startsWith("zip"))`)
	desk.Keys(kb.Enter)
	desk.Wait(`$("#text-` + v.conversation + `").value === "Yes, send it to our workshop."`)
	desk.Keys(kb.Enter)
	v.awaitText("Yes, send it to our workshop.")
	desk.Wait(`!$("#pane-` + v.conversation + ` [data-composer]").out.length`) // and what was chosen is learned

	w := ask("the fastener thingy of my jacket jammed again")
	desk.Wait(`text("#suggest-` + w.conversation + ` li:first-child b") === "Do you repair broken zips?"`)
	desk.Keys("j", altKey)
	desk.Wait(`$("#text-` + w.conversation + `").value === "Yes, send it to our workshop."`)
	desk.Keys(" It takes a week." + kb.Enter) // noticed as edited
	w.awaitText("Yes, send it to our workshop. It takes a week.")

	// A wrong one is dismissed by key.
	x := ask("can i pay by invoice, not by card")
	desk.Wait(`$("#suggest-` + x.conversation + ` li")`)
	wrong := testkit.Eval[string](desk, `document.querySelector("#suggest-`+x.conversation+` li").dataset.entry`)
	desk.Keys("w", altKey)
	desk.Wait(`!$("#suggest-` + x.conversation + ` [data-entry='` + wrong + `']")`)

	// An answer becomes an entry, with the visitor's words as its first example.
	desk.Keys("Our shop in Riga opens at nine." + kb.Enter)
	x.awaitText("Our shop in Riga opens at nine.")
	x.send("ok, and the riga branch, when does it open?")
	desk.Wait(`$("#mine-` + x.conversation + ` [data-wait]")`)
	desk.Keys("At nine, on Sundays at eleven." + kb.Enter)
	x.awaitText("At nine, on Sundays at eleven.")
	desk.Wait(`$(".pane.focus .thread").innerText.includes("At nine, on Sundays")`)
	desk.Keys("a", altKey)
	desk.Wait(`$("#save-entry[open] #f-question")?.value.includes("riga branch")`)
	desk.Accessible("save-entry")
	desk.Run(
		`document.querySelector("#save-entry #f-question").value = "When does the shop in Riga open?"; document.querySelector("#save-entry form button.primary").click()`)
	desk.Wait(`!$("#save-entry[open]") && text("#done").includes("manager")`) // agents' entries are reviewed first
	list, _, err := s.FAQ.ListEntries(context.Background(), o.As(access.Manager), faq.Filter{State: faq.InReview})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := s.FAQ.SetState(context.Background(), o.As(access.Manager), []uuid.UUID{list[0].ID}, faq.Published); err != nil {
		t.Fatal(err)
	}
	y := ask("riga branch opening hours please")
	desk.Wait(`text("#suggest-` + y.conversation + ` li:first-child b") === "When does the shop in Riga open?"`)
	for _, line := range desk.Console() {
		t.Error("console: " + line)
	}
}
