package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/app/domain/assist"
	"parley/app/domain/assist/model"
	"parley/app/domain/assist/modeltest"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// withModel configures a server whose organizations may use a model in the private network, with short time-outs.
func withModel(m *modeltest.Server) func(*serve.Config) {
	return func(c *serve.Config) {
		c.InternalModels = []string{m.Address()}
		c.ModelLimits = model.Limits{FirstTextTimeout: 500 * time.Millisecond, SilenceTimeout: 300 * time.Millisecond, TotalTimeout: 5 * time.Second}
	}
}

// collectDrafts makes drafts for a conversation's first agent and returns the messages and drafts that came.
func collectDrafts(t testing.TB, a *assist.Service, who access.Actor, in assist.DraftContext) (said string, drafts map[string]assist.Progress) {
	t.Helper()
	drafts = map[string]assist.Progress{}
	err := a.Drafts(context.Background(), who, in, func(s assist.Progress) error {
		if s.Notice != "" {
			said = s.Notice
		}
		if s.Kind != "" {
			drafts[s.Kind] = s
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return said, drafts
}

// TestDrafts shows drafts by a model: masked, grounded in entries, within the budget; whatever goes wrong, the agent
// gets drafts assembled from entries.
func TestDrafts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := modeltest.New(t, modeltest.Good)
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	s := startServer(t, withModel(m))
	addFAQEntry(t, s, o, "How can I send something back?", "Within 30 days. Put the form into the parcel. The post takes it.")
	agent, manager := o.As(access.Agent), o.As(access.Manager)
	a, err := assist.New(s.DB, s.Conversations, s.FAQ, assist.Options{Secret: testSecret, AllowedHosts: []string{m.Address()},
		Limits: model.Limits{FirstTextTimeout: 500 * time.Millisecond, SilenceTimeout: 300 * time.Millisecond, TotalTimeout: 5 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	_, id := startConversation(t, s, o, "How can I send my order back? Write to anna@home.example or call +49 170 1234567.")
	c, err := s.Conversations.Get(ctx, agent, id)
	if err != nil {
		t.Fatal(err)
	}
	in := assist.DraftContext{Conversation: c, Agent: "Mia", Hour: 9, Visitor: "Anna"}

	// Without a model: from the entries, and nothing leaves the installation.
	said, drafts := collectDrafts(t, a, agent, in)
	if said != "" || !strings.Contains(drafts["short"].Text, "30 days") || !strings.Contains(drafts["short"].Text, "Good morning, Anna") || len(drafts["short"].Used) != 1 {
		t.Errorf("without a model: %q %+v", said, drafts)
	}
	if _, err := a.PreviewRequest(ctx, agent, in); fail.KindOf(err) != fail.NotFound {
		t.Errorf("what is sent without a model: %v", err)
	}

	// Settings: agents may not change them; a key is stored and never shown, and is sent to no other address.
	settings := assist.ModelSettings{BaseURL: m.BaseURL(), Key: "sk-secret", Model: "small", Enabled: true, Mask: true, Budget: 100_000}
	if err := a.SetModelSettings(ctx, agent, settings); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent sets up a model: %v", err)
	}
	if err := a.SetModelSettings(ctx, manager, settings); err != nil {
		t.Fatal(err)
	}
	settings.Key = ""
	if err := a.SetModelSettings(ctx, manager, settings); err != nil {
		t.Fatal(err)
	}
	elsewhere := settings
	elsewhere.BaseURL = "https://elsewhere.example/v1"
	if err := a.SetModelSettings(ctx, manager, elsewhere); fail.As(err) == nil || fail.As(err).Fields["key"] == "" {
		t.Errorf("the key goes to another address: %v", err)
	}
	got, there, err := a.GetModelSettings(ctx, manager)
	if err != nil || !there || !got.HasKey || got.Key != "" {
		t.Errorf("settings: %+v %v", got, err)
	}
	var sealed []byte
	if err := s.DB.As(manager).QueryRow(ctx, "select key from language_models").Scan(&sealed); err != nil || strings.Contains(string(sealed), "secret") {
		t.Errorf("the key is kept as %q, %v", sealed, err)
	}
	if writes, err := a.HasModel(ctx, other.As(access.Agent)); writes || err != nil {
		t.Errorf("another organization has the model, too: %v %v", writes, err)
	}

	// With the model.
	said, drafts = collectDrafts(t, a, agent, in)
	if said != "" || !strings.Contains(drafts["thorough"].Text, "post office") || !drafts["clarifying"].Done || len(drafts["short"].Used) != 1 {
		t.Errorf("with a model: %q %+v", said, drafts)
	}
	asks := m.Requests()
	last := asks[len(asks)-1]
	if last.Authorization != "Bearer sk-secret" || strings.Contains(last.Body, "anna@home.example") || strings.Contains(last.Body, "1234567") || !strings.Contains(last.Body, "[email 1]") {
		t.Errorf("what left the house: %s", last.Body)
	}
	preview, err := a.PreviewRequest(ctx, agent, in)
	if err != nil || strings.Contains(preview, "anna@home.example") || !strings.Contains(strings.TrimSpace(last.Text()), strings.TrimSpace(strings.Split(preview, "\n\n")[0])) {
		t.Errorf("what is said to leave: %v %s", err, preview)
	}
	got, _, _ = a.GetModelSettings(ctx, manager)
	if got.Calls != 1 || got.Used < 10 || got.Used > 5000 {
		t.Errorf("used: %+v", got)
	}

	// Whatever goes wrong at the model is reported, and there are drafts all the same.
	for _, mode := range []modeltest.Mode{modeltest.Silent, modeltest.Stalls, modeltest.BreaksOff, modeltest.Garbage, modeltest.RefusesKey, modeltest.RateLimits,
		modeltest.Filters, modeltest.Fails, modeltest.Redirects, modeltest.Empty} {
		m.SetMode(mode)
		said, drafts = collectDrafts(t, a, agent, in)
		if said == "" || strings.Contains(said, "sk-secret") || !strings.Contains(drafts["short"].Text, "30 days") {
			t.Errorf("mode %d: %q %+v", mode, said, drafts)
		}
	}
	m.SetMode(modeltest.Injected)
	_, drafts = collectDrafts(t, a, agent, in)
	for kind, d := range drafts {
		for _, bad := range []string{"<script", "evil.example", "onclick", "javascript:"} {
			if strings.Contains(d.Text, bad) {
				t.Errorf("%s carries %s: %s", kind, bad, d.Text)
			}
		}
		if len(d.Used) > 1 {
			t.Errorf("%s names entries that were not offered: %+v", kind, d.Used)
		}
	}
	if drafts["short"].Warning == "" {
		t.Error("a link was taken out without a word")
	}

	// The budget is hard: what it could not pay is not asked.
	m.SetMode(modeltest.Good)
	settings.Budget = 10
	if err := a.SetModelSettings(ctx, manager, settings); err != nil {
		t.Fatal(err)
	}
	before := len(m.Requests())
	said, drafts = collectDrafts(t, a, agent, in)
	if !strings.Contains(said, "budget") || len(m.Requests()) != before || !strings.Contains(drafts["short"].Text, "30 days") {
		t.Errorf("beyond the budget: %q, %d requests", said, len(m.Requests())-before)
	}
	settings.Budget = 1_000_000
	if err := a.SetModelSettings(ctx, manager, settings); err != nil {
		t.Fatal(err)
	}

	// Rewording and translating: the agent's own text.
	m.SetAnswer("Bring it back within 30 days, please, or write to [email 1].")
	var step assist.Progress
	if err := a.Reword(ctx, agent, "You has 30 days. boss@shop.example", "correct", func(x assist.Progress) error { step = x; return nil }); err != nil {
		t.Fatal(err)
	}
	if step.Kind != "rewrite" || step.Text != "Bring it back within 30 days, please, or write to boss@shop.example." || !step.Done {
		t.Errorf("reworded: %+v", step)
	}
	if err := a.Reword(ctx, agent, "x", "louder", func(assist.Progress) error { return nil }); fail.KindOf(err) != fail.Invalid {
		t.Errorf("an unknown way: %v", err)
	}
	if err := a.Summarize(ctx, agent, in, func(x assist.Progress) error { step = x; return nil }); err != nil || step.Kind != "summary" {
		t.Errorf("summary: %+v %v", step, err)
	}
	// Closing the answer cancels the model's request.
	m.SetMode(modeltest.Slow)
	leaving, leave := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.Drafts(leaving, agent, in, func(assist.Progress) error { return nil }) }()
	<-m.Arrivals()
	for len(m.Arrivals()) > 0 {
		<-m.Arrivals()
	}
	leave()
	if err := <-done; err == nil {
		t.Error("drafts go on after their reader has left")
	}
	<-m.Abandoned()
}

// TestBrowserDrafts shows drafts on the screen: assembled without a model; streamed, inserted and sent by the agent
// with one; and what leaves the installation is shown.
func TestBrowserDrafts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := modeltest.New(t, modeltest.Good)
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.InternalModels = []string{m.Address()} })
	addFAQEntry(t, s, o, "How can I send something back?", "Within **30 days**. Put the form into the parcel.")
	desk := testkit.NewTab(t)
	desk.Size(1400, 900, false)
	desk.LogIn(s.URL, o.Users[access.Manager].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	v := newVisitor(t, s, o, "")
	v.send("how do i send it back? my mail is anna@home.example")
	desk.Wait(`$("#line-` + v.conversation + `")`)
	desk.Keys("n", altKey)
	desk.Wait(`document.activeElement === $("#text-` + v.conversation + `")`)
	desk.Keys("r", altKey)
	desk.Wait(`$(".about:not([hidden]) .draft[data-draft=short] .text")?.textContent.includes("30 days") && !$(".coming")`)
	desk.Accessible("drafts")
	desk.Run(`document.querySelector(".draft[data-draft=short] [data-insert]").click()`)
	desk.Wait(`$("#text-` + v.conversation + `").value.includes("30 days")`)
	desk.Run(`const a = document.querySelector("#text-` + v.conversation + `"); a.value = ""; a.dispatchEvent(new Event("input", { bubbles: true }))`)

	// The manager sets up the model on its page.
	settings := desk.OpenAnother()
	settings.Go(s.URL + "/admin/desk")
	settings.Accessible("desk rules")
	settings.Type("#f-base_url", m.BaseURL())
	settings.Type("#f-key", "sk-secret")
	settings.Type("#f-model", "small")
	settings.Click(`form[action="/admin/desk/model"] button.primary`)
	settings.Wait(`text(".notice.good").includes("Saved")`)
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $(".about:not([hidden]) .drafting [data-do=sent]")`)
	desk.Click(".about:not([hidden]) [data-do=sent]")
	desk.Wait(`text(".leaves").includes("[email 1]") && !text(".leaves").includes("anna@home.example")`)
	m.SetMode(modeltest.Slow)
	desk.Run(`document.querySelector("#text-` + v.conversation + `").focus()`)
	desk.Keys("r", altKey)
	desk.Wait(`text(".saying").includes("Writing")`)
	for range 12 {
		within, cancel := context.WithTimeout(ctx, 2*time.Second)
		m.Next(within)
		cancel()
		time.Sleep(100 * time.Millisecond) // as a model writes
	}
	desk.Wait(`$(".draft[data-draft=short]")`)
	desk.Click("[data-stop]") // cancelled: nothing more comes, what is there stays
	<-m.Abandoned()
	m.SetMode(modeltest.Good)
	desk.Keys("r", altKey)
	desk.Wait(`$(".draft[data-draft=thorough]:not(.coming)") && $(".draft[data-draft=clarifying]:not(.coming)")`)
	desk.Wait(`text(".draft[data-draft=short] .from").includes("How can I send something back?")`)
	desk.Click(".draft[data-draft=thorough] [data-insert]")
	desk.Wait(`$("#text-` + v.conversation + `").value.includes("post office") && document.activeElement === $("#text-` + v.conversation + `")`)
	if len(v.texts) != 0 {
		t.Errorf("something was sent by itself: %q", v.texts)
	}
	for _, line := range desk.Console() {
		t.Error("console: " + line)
	}
}
