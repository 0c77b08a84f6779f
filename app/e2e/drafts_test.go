package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/app/domain/assist"
	"parley/app/domain/assist/model"
	"parley/app/domain/assist/modeltest"
	"parley/app/domain/settings"
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

// draftsFixture is an organization whose agents get drafts.
type draftsFixture struct {
	s              *serve.Server
	server         *modeltest.Server
	drafts         *assist.Service
	impatient      *assist.Service // gives a model that is slow up soon
	other          testkit.Org
	agent, manager access.Actor
	in             assist.DraftContext
	model          assist.ModelSettings
}

func newDraftsFixture(t *testing.T) *draftsFixture {
	t.Helper()
	m := modeltest.New(t, modeltest.Good)
	o := testkit.NewOrg(t)
	f := &draftsFixture{
		server: m,
		s:      startServer(t, withModel(m)),
		other:  testkit.NewOrg(t),
		agent:  o.As(access.Agent), manager: o.As(access.Manager),
		model: assist.ModelSettings{Key: "sk-secret", LanguageModel: settings.LanguageModel{
			BaseURL: m.BaseURL(), Model: "small", Enabled: true, Mask: true, Budget: 100_000}},
	}
	service := func(limits model.Limits) *assist.Service {
		a, err := assist.New(f.s.DB, f.s.Conversations, f.s.FAQ, assist.Options{
			Secret: testSecret, AllowedHosts: []string{m.Address()}, Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	f.drafts = service(model.Limits{})
	f.impatient = service(model.Limits{
		FirstTextTimeout: 500 * time.Millisecond, SilenceTimeout: 300 * time.Millisecond, TotalTimeout: 5 * time.Second})
	addFAQEntry(t, f.s, o, "How can I send something back?", "Within 30 days. Put the form into the parcel. The post takes it.")
	_, id := startConversation(t, f.s, o, "How can I send my order back? Write to anna@home.example or call +49 170 1234567.")
	c, err := f.s.Conversations.Get(context.Background(), f.agent, id)
	if err != nil {
		t.Fatal(err)
	}
	f.in = assist.DraftContext{Conversation: c, Agent: "Mia", Hour: 9, Visitor: "Anna"}
	return f
}

// TestDrafts shows drafts by a model: masked, grounded in entries, within the budget; whatever goes wrong, the agent
// gets drafts assembled from entries.
func TestDrafts(t *testing.T) {
	t.Parallel()
	f := newDraftsFixture(t)
	f.checkWithoutModel(t)
	f.setModel(t)
	f.checkWithModel(t)
	f.checkFailures(t)
	f.checkInjection(t)
	f.checkBudget(t)
	f.checkReword(t)
	f.checkCancel(t)
}

// Without a model drafts are made from the entries, and nothing leaves the installation.
func (f *draftsFixture) checkWithoutModel(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	said, drafts := collectDrafts(t, f.drafts, f.agent, f.in)
	if said != "" || !strings.Contains(drafts["short"].Text, "30 days") || !strings.Contains(drafts["short"].Text, "Good morning, Anna") || len(drafts["short"].Used) != 1 {
		t.Errorf("without a model: %q %+v", said, drafts)
	}
	if _, err := f.drafts.PreviewRequest(ctx, f.agent, f.in); fail.KindOf(err) != fail.NotFound {
		t.Errorf("what is sent without a model: %v", err)
	}
}

// Agents may not change the model; a key is stored and never shown, and is sent to no other address.
func (f *draftsFixture) setModel(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	if err := f.drafts.SetModelSettings(ctx, f.agent, f.model); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent sets up a model: %v", err)
	}
	if err := f.drafts.SetModelSettings(ctx, f.manager, f.model); err != nil {
		t.Fatal(err)
	}
	f.model.Key = ""
	if err := f.drafts.SetModelSettings(ctx, f.manager, f.model); err != nil {
		t.Fatal(err)
	}
	elsewhere := f.model
	elsewhere.BaseURL = "https://elsewhere.example/v1"
	if err := f.drafts.SetModelSettings(ctx, f.manager, elsewhere); fail.As(err) == nil || fail.As(err).Fields["key"] == "" {
		t.Errorf("the key goes to another address: %v", err)
	}
	got, there, err := f.drafts.GetModelSettings(ctx, f.manager)
	if err != nil || !there || !got.HasKey || got.Key != "" {
		t.Errorf("settings: %+v %v", got, err)
	}
	var sealed []byte
	if err := f.s.DB.As(f.manager).QueryRow(ctx, "select key from language_models").Scan(&sealed); err != nil || strings.Contains(string(sealed), "secret") {
		t.Errorf("the key is kept as %q, %v", sealed, err)
	}
	if writes, err := f.drafts.HasModel(ctx, f.other.As(access.Agent)); writes || err != nil {
		t.Errorf("another organization has the model, too: %v %v", writes, err)
	}
}

// With a model, persons’ addresses and numbers are masked, and what is sent can be seen.
func (f *draftsFixture) checkWithModel(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	said, drafts := collectDrafts(t, f.drafts, f.agent, f.in)
	if said != "" || !strings.Contains(drafts["thorough"].Text, "post office") || !drafts["clarifying"].Done || len(drafts["short"].Used) != 1 {
		t.Errorf("with a model: %q %+v", said, drafts)
	}
	asks := f.server.Requests()
	last := asks[len(asks)-1]
	if last.Authorization != "Bearer sk-secret" || strings.Contains(last.Body, "anna@home.example") || strings.Contains(last.Body, "1234567") || !strings.Contains(last.Body, "[email 1]") {
		t.Errorf("what left the house: %s", last.Body)
	}
	preview, err := f.drafts.PreviewRequest(ctx, f.agent, f.in)
	if err != nil || strings.Contains(preview, "anna@home.example") || !strings.Contains(strings.TrimSpace(last.Text()), strings.TrimSpace(strings.Split(preview, "\n\n")[0])) {
		t.Errorf("what is said to leave: %v %s", err, preview)
	}
	got, _, _ := f.drafts.GetModelSettings(ctx, f.manager)
	if got.Calls != 1 || got.Used < 10 || got.Used > 5000 {
		t.Errorf("used: %+v", got)
	}
}

// Whatever goes wrong at the model is reported, and there are drafts all the same.
func (f *draftsFixture) checkFailures(t *testing.T) {
	t.Helper()
	for _, mode := range []modeltest.Mode{modeltest.Silent, modeltest.Stalls, modeltest.BreaksOff, modeltest.Garbage, modeltest.RefusesKey, modeltest.RateLimits,
		modeltest.Filters, modeltest.Fails, modeltest.Redirects, modeltest.Empty} {
		f.server.SetMode(mode)
		said, drafts := collectDrafts(t, f.impatient, f.agent, f.in)
		if said == "" || strings.Contains(said, "sk-secret") || !strings.Contains(drafts["short"].Text, "30 days") {
			t.Errorf("mode %d: %q %+v", mode, said, drafts)
		}
	}
}

// What a model is talked into shows no markup and no links.
func (f *draftsFixture) checkInjection(t *testing.T) {
	t.Helper()
	f.server.SetMode(modeltest.Injected)
	_, drafts := collectDrafts(t, f.drafts, f.agent, f.in)
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
}

// The budget is hard: what it could not pay is not asked.
func (f *draftsFixture) checkBudget(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	f.server.SetMode(modeltest.Good)
	f.model.Budget = 10
	if err := f.drafts.SetModelSettings(ctx, f.manager, f.model); err != nil {
		t.Fatal(err)
	}
	before := len(f.server.Requests())
	said, drafts := collectDrafts(t, f.drafts, f.agent, f.in)
	if !strings.Contains(said, "budget") || len(f.server.Requests()) != before || !strings.Contains(drafts["short"].Text, "30 days") {
		t.Errorf("beyond the budget: %q, %d requests", said, len(f.server.Requests())-before)
	}
	f.model.Budget = 1_000_000
	if err := f.drafts.SetModelSettings(ctx, f.manager, f.model); err != nil {
		t.Fatal(err)
	}
}

// Rewording and translating: the agent’s own text.
func (f *draftsFixture) checkReword(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	f.server.SetAnswer("Bring it back within 30 days, please, or write to [email 1].")
	var step assist.Progress
	if err := f.drafts.Reword(ctx, f.agent, "You has 30 days. boss@shop.example", "correct", func(x assist.Progress) error { step = x; return nil }); err != nil {
		t.Fatal(err)
	}
	if step.Kind != "rewrite" || step.Text != "Bring it back within 30 days, please, or write to boss@shop.example." || !step.Done {
		t.Errorf("reworded: %+v", step)
	}
	if err := f.drafts.Reword(ctx, f.agent, "x", "louder", func(assist.Progress) error { return nil }); fail.KindOf(err) != fail.Invalid {
		t.Errorf("an unknown way: %v", err)
	}
	if err := f.drafts.Summarize(ctx, f.agent, f.in, func(x assist.Progress) error { step = x; return nil }); err != nil || step.Kind != "summary" {
		t.Errorf("summary: %+v %v", step, err)
	}
}

// Closing the answer cancels the model’s request.
func (f *draftsFixture) checkCancel(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	f.server.SetMode(modeltest.Slow)
	leaving, leave := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- f.drafts.Drafts(leaving, f.agent, f.in, func(assist.Progress) error { return nil }) }()
	<-f.server.Arrivals()
	for len(f.server.Arrivals()) > 0 {
		<-f.server.Arrivals()
	}
	leave()
	if err := <-done; err == nil {
		t.Error("drafts go on after their reader has left")
	}
	<-f.server.Abandoned()
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
	desk.Wait(`$("#queue-` + v.conversation + `")`)
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
	desk.Wait(`document.body.classList.contains("ready") && $(".about:not([hidden]) .drafting [data-do=modelInput]")`)
	desk.Click(".about:not([hidden]) [data-do=modelInput]")
	desk.Wait(`text(".model-input").includes("[email 1]") && !text(".model-input").includes("anna@home.example")`)
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
