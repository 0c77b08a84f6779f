package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserRatingAndTranscript shows what follows the end of a conversation: a rating that can be changed and that
// managers see by agent, the transcript as a file and by mail, and replies by mail to a visitor who has left, with a
// link back into the chat.
func TestBrowserRatingAndTranscript(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	smtp, mails := testkit.MailServer(t, 0)
	s := startServer(t, func(c *serve.Config) {
		c.SMTPURL, c.AnswerMailAfter, c.SettingsMinute = smtp, 300*time.Millisecond, 10*time.Millisecond
	})
	changeSettings(t, s, o, func(x *settings.Widget) {
		x.Closing.Rating.Reasons = []string{"Friendly", "Quick"}
		x.PreChat.Questions = []settings.Question{
			{Kind: "name", Label: "Your name", Required: true},
			{Kind: "email", Label: "Your e-mail address"},
			{Kind: "choice", Label: "Customer?", Choices: []string{"Yes", "Not yet"}},
			{Kind: "consent", Label: "I agree", Required: true, Link: "https://shop.example/privacy"},
		}
		x.PreChat.Privacy = "We keep **nothing** longer than needed."
	})
	visitor := testkit.NewTab(t)
	page := customerPage(t, s.URL, o.Key)
	openChat(visitor, page)

	answerQuestions(t, visitor)
	visitor.Keys("Where is my parcel?" + kb.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	conversationID := uuid.MustParse(onlyConversation(t, s, o))
	agent := o.As(access.Agent)
	if _, err := s.Routing.Take(ctx, agent, "Mia", conversationID); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(`text("chat .status").startsWith("Mia")`)
	around, err := s.Conversations.GetDetails(ctx, agent, conversationID)
	for try := 0; err == nil && (around.Name != "Anna" || around.Data["I agree"] != "✓") && try < 50; try++ {
		time.Sleep(50 * time.Millisecond)
		around, err = s.Conversations.GetDetails(ctx, agent, conversationID)
	}
	if err != nil || around.Name != "Anna" || around.Email != "anna@home.example" || around.Data["I agree"] != "✓" {
		t.Errorf("the agent knows %+v (%v)", around, err)
	}

	// A reply that is read is not mailed; one to a visitor who has left is.
	if _, err := s.Conversations.SendAsAgent(ctx, agent, conversationID, uuid.New(), conversation.Text, "One moment, please."); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(`$("chat .message.agent")`)
	expectNoMail(t, mails)
	visitor.Go("about:blank")
	if _, err := s.Conversations.SendAsAgent(ctx, agent, conversationID, uuid.New(), conversation.Text,
		"It left us **today**."); err != nil {
		t.Fatal(err)
	}
	var mail testkit.Mail
	select {
	case mail = <-mails:
	case <-time.After(testkit.Patience):
		t.Fatal("no letter came")
	}
	if mail.To != "anna@home.example" || !strings.Contains(mail.Text, "It left us today.") || strings.Contains(mail.Text, "One moment") {
		t.Errorf("the letter to %s says %s", mail.To, mail.Text)
	}
	_, back, _ := strings.Cut(mail.Text, "Reply in the chat:\n")
	back, _, _ = strings.Cut(back, "\n")
	visitor = testkit.NewTab(t) // on another device
	openByLink(visitor, strings.TrimSpace(back))
	visitor.Click("h1")
	visitor.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.agent")].length === 2`)
	if hash := testkit.Eval[string](visitor, "location.hash"); hash != "" {
		t.Errorf("the code stays in the address: %s", hash)
	}

	endAndRate(ctx, t, o, s, visitor, conversationID)

	// The transcript: as a file, and by mail without what only staff sees.
	visitor.Click("chat .menu summary")
	takeTranscript(t, mails, visitor)

	checkRatingPages(t, o, s, conversationID)
}

// expectNoMail checks that what was read is not mailed.
func expectNoMail(t *testing.T, mails <-chan testkit.Mail) {
	t.Helper()
	time.Sleep(600 * time.Millisecond)
	select {
	case l := <-mails:
		t.Errorf("what was read is mailed: %s", l.Text)
	default:
	}
}

// answerQuestions answers the questions that come before a chat, after one that is missing was pointed out.
func answerQuestions(t *testing.T, visitor *testkit.Tab) {
	t.Helper()
	// The questions come first, and say what is missing.
	visitor.Wait(`$("chat .questions")`)
	visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement?.closest(".questions")`)
	visitor.Accessible("questions")
	saveWidgetScreenshot(t, visitor, "questions")
	visitor.Click("chat .questions .send")
	visitor.Wait(`text("chat .question .problem") === "Please fill in this field."`)
	visitor.Type("chat .question:nth-of-type(1) input", "Anna")
	visitor.Type("chat .question:nth-of-type(2) input", "anna@home.example")
	visitor.Click("chat .consent input")
	visitor.Click("chat .questions .send")
	visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement?.tagName === "TEXTAREA"`)
}

// endAndRate ends a conversation as the visitor, rates it, and rates it again.
func endAndRate(ctx context.Context, t *testing.T, o testkit.Org, s *serve.Server, visitor *testkit.Tab, conversationID uuid.UUID) {
	t.Helper()
	var err error
	// The visitor ends it, rates, changes its mind.
	visitor.Click("chat .menu summary")
	visitor.Wait(`$("chat .items .item")`)
	saveWidgetScreenshot(t, visitor, "menu")
	visitor.Click("chat .items .item")
	visitor.Wait(`$("chat .rating") && !$("chat .rating").hidden`)
	visitor.Wait(`document.getElementById("parley").shadowRoot.querySelector(".log").innerText.includes("You have ended the conversation")`)
	visitor.Accessible("rating")
	visitor.Click("chat .star:nth-child(2)")
	visitor.Wait(`$("chat .rating .reasons")`)
	visitor.Click("chat .reasons .subject")
	visitor.Type("chat .rating textarea", "It took a while")
	saveWidgetScreenshot(t, visitor, "rating")
	visitor.Click("chat .rating .send")
	visitor.Wait(`text("chat .rating").startsWith("Thank you!")`)
	visitor.Click("chat .rating .link")
	visitor.Click("chat .star:nth-child(4)")
	visitor.Click("chat .rating .send")
	visitor.Wait(`text("chat .rating").startsWith("Thank you!")`)
	past, err := s.Archive.Get(ctx, o.As(access.Manager), conversationID, "")
	if r := past.Rating; err != nil || r.Value != 4 || len(r.Reasons) != 1 || r.Comment != "It took a while" {
		t.Errorf("the verdict is %+v %v", r, err)
	}
}

// takeTranscript saves the transcript as a file, and sends it by mail.
func takeTranscript(t *testing.T, mails <-chan testkit.Mail, visitor *testkit.Tab) {
	t.Helper()
	var mail testkit.Mail
	visitor.Run(`window.saved = ""; const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((t) => { saved = t; }); return make.call(URL, blob); };
		[...document.getElementById("parley").shadowRoot.querySelectorAll(".item")].find((e) => e.innerText === "Save as text").click()`)
	visitor.Wait(`saved.includes("Where is my parcel?") && saved.includes("It left us today.")`)
	visitor.Click("chat .menu summary")
	visitor.Run(
		`[...document.getElementById("parley").shadowRoot.querySelectorAll(".item")].find((e) => e.innerText === "Send by email").click()`)
	visitor.Wait(`$("chat .contact input") && $("chat .contact input").getClientRects().length`)
	visitor.Type("chat .contact input", "anna@work.example"+kb.Enter)
	select {
	case mail = <-mails:
	case <-time.After(testkit.Patience):
		t.Fatal("no transcript came")
	}
	if mail.To != "anna@work.example" || !strings.Contains(mail.Text, "Where is my parcel?") ||
		strings.Contains(mail.Text, "email address:") {
		t.Errorf("the transcript to %s says %s", mail.To, mail.Text)
	}
}

// checkRatingPages checks where a manager reads the rating.
func checkRatingPages(t *testing.T, o testkit.Org, s *serve.Server, conversationID uuid.UUID) {
	t.Helper()
	manager := testkit.NewTab(t)
	manager.Size(1280, 800, false)
	manager.LogIn(s.URL, o.Users[access.Manager].Email, testkit.Password, "/admin/ratings")
	manager.Wait(`text("table.list").includes("4.0 ★")`)
	manager.Accessible("ratings")
	saveWidgetScreenshot(t, manager, "ratings-page")
	manager.Go(s.URL + "/archive?rating=good")
	manager.Wait(`document.querySelectorAll("a[href^='/archive/']").length > 0`)
	manager.Go(s.URL + "/archive/" + conversationID.String())
	manager.Wait(`text(".verdict").includes("★★★★☆") && text(".verdict").includes("It took a while")`)
	manager.Accessible("rated conversation")
	saveWidgetScreenshot(t, manager, "rated-conversation")
	manager.Go(s.URL + "/archive?rating=bad")
	manager.Wait(`document.body.innerText.includes("Nothing") || document.body.innerText.includes("No ")`)
}

// TestSilentVisitorsAreClosed shows that a visitor who falls silent is asked first, and that the conversation is
// closed after that.
func TestSilentVisitorsAreClosed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.AnswerMailAfter, c.SettingsMinute = time.Hour, 100*time.Millisecond })
	changeSettings(t, s, o, func(x *settings.Widget) { x.Closing.WarnAfterMinutes, x.Closing.EndAfterMinutes = 1, 1 })
	v := newVisitor(t, s, o, "")
	v.send("Hello?")
	conversationID := uuid.MustParse(v.conversation)
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", conversationID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.SendAsAgent(ctx, o.As(access.Agent), conversationID, uuid.New(), conversation.Text,
		"How can I help you?"); err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for range 100 {
		time.Sleep(50 * time.Millisecond)
		messages, err := s.Conversations.ListMessagesAfter(ctx, o.As(access.Agent), conversationID, 0)
		if err != nil {
			t.Fatal(err)
		}
		bodies = nil
		for _, m := range messages {
			if m.Kind == conversation.System {
				bodies = append(bodies, m.Body)
			}
		}
		if len(bodies) == 3 {
			break
		}
	}
	checkMessages(t, "what the program said", bodies, []string{
		conversation.SystemTaken, conversation.SystemIdleCheck, conversation.SystemIdleClosed,
	})
}

// TestAnswerMailsSurviveRestart shows that replies to be mailed, and questions to silent visitors, outlive the
// process that planned them: another one goes on when a desk opens there.
func TestAnswerMailsSurviveRestart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	smtp, mails := testkit.MailServer(t, 0)
	one := startServer(t, func(c *serve.Config) { c.SMTPURL, c.AnswerMailAfter, c.SettingsMinute = smtp, time.Hour, time.Hour })
	changeSettings(t, one, o, func(x *settings.Widget) { x.Closing.WarnAfterMinutes, x.Closing.EndAfterMinutes = 1, 1 })
	v := newVisitor(t, one, o, "")
	v.send("Hello?")
	conversationID := uuid.MustParse(v.conversation)
	if err := one.Conversations.SaveContactDetails(ctx, access.Visitor(o.ID, o.Website, visitorID(t, v.token, o)),
		conversation.ContactDetails{Email: "anna@home.example"}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Routing.Take(ctx, o.As(access.Agent), "Mia", conversationID); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if _, err := one.Conversations.SendAsAgent(ctx, o.As(access.Agent), conversationID, uuid.New(), conversation.Text,
		"How can I help you?"); err != nil {
		t.Fatal(err)
	}
	one.Stop()
	two := startServer(t, func(c *serve.Config) {
		c.SMTPURL, c.AnswerMailAfter, c.SettingsMinute = smtp, 100*time.Millisecond, 300*time.Millisecond
	})
	openDesk(t, logInAgent(t, two, o, access.Agent))
	select {
	case l := <-mails:
		if l.To != "anna@home.example" || !strings.Contains(l.Text, "How can I help you?") {
			t.Errorf("the letter to %s says %s", l.To, l.Text)
		}
	case <-time.After(testkit.Patience):
		t.Fatal("the letter was lost with its process")
	}
	for range 100 {
		c, err := two.Conversations.Get(ctx, o.As(access.Agent), conversationID)
		if err != nil {
			t.Fatal(err)
		}
		if c.State == conversation.Closed {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the silent visitor was forgotten with its process")
}
