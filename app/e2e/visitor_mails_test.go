package e2e

import (
	"context"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestVisitorMailLanguage shows that a mail to a visitor who has left is in that visitor's language and time zone,
// in both forms, comes from the website by name, with its own subject, and leads back to the page's own fragment.
func TestVisitorMailLanguage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	smtp, mails := testkit.MailServer(t, 0)
	s := startServer(t, func(c *serve.Config) {
		c.SMTPURL, c.AnswerMailAfter, c.SettingsMinute = smtp, 300*time.Millisecond, time.Hour
	})
	changeSettings(t, s, o, func(x *settings.Widget) {
		x.General.Zone = "Asia/Tokyo"
		x.Mail = settings.Mail{
			Sender:       "Grüner Tee",
			ReplyTo:      "Help@shop.example",
			ReplySubject: settings.MailSubject{Text: "About {website}", Translations: map[string]string{"de": "Zu Ihrer Frage ✓ {domain}"}},
		}
	})
	for _, c := range []struct{ language, zone, subject, first, zoneSaid string }{
		{"de_AT", "Europe/Vienna", "Zu Ihrer Frage ✓ shop.example", "hat Ihnen im Chat geantwortet.", "Zeitzone Europe/Vienna"},
		{"ar", "Not/There", "About ", "ردّ عليك", "Asia/Tokyo"},
	} {
		p := openRaw(t, s, o, "")
		p.send(`{"type":"hello","protocol":1,"language":"` + c.language + `","page":{"url":"https://shop.example/#/tea/grün"}}`)
		w, refused := p.welcomed()
		if refused != "" {
			t.Fatal(refused)
		}
		p.send(`{"type":"send","id":"` + uuid.NewString() + `","text":"Wo ist mein Paket?"}`)
		visitor := access.Visitor(o.ID, o.Website, visitorID(t, w.Token, o))
		conversationID, spoken := uuid.Nil, strings.ReplaceAll(c.language, "_", "-")
		for try := 0; conversationID == uuid.Nil; try++ {
			around, err := s.Conversations.GetDetails(ctx, o.As(access.Agent), newestConversation(t, s, o))
			if err == nil && around.Page.Language == spoken {
				conversationID = newestConversation(t, s, o)
			}
			if try > 1000 {
				t.Fatalf("no conversation in %s: %q %v", spoken, around.Page.Language, err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if err := s.Conversations.UpdateVisitorContext(ctx, visitor, conversationID, conversation.VisitorContext{
			TimeZone: c.zone,
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Conversations.SaveContactDetails(ctx, visitor, conversation.ContactDetails{Email: "anna@home.example"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", conversationID); err != nil {
			t.Fatal(err)
		}
		p.conn.Close()
		if _, err := s.Conversations.SendAsAgent(ctx, o.As(access.Agent), conversationID, uuid.New(), conversation.Text,
			"**Heute** <b>abgeschickt</b>"); err != nil {
			t.Fatal(err)
		}
		l := receive(t, mails)
		from, err := mail.ParseAddress(l.Header.Get("From"))
		if err != nil || from.Name != "Grüner Tee" || from.Address != "parley@brightline.example" {
			t.Errorf("from %v %v", from, err)
		}
		if !strings.HasPrefix(l.Subject, c.subject) ||
			!strings.Contains(l.Header.Get("Reply-To"), "help@shop.example") || l.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%q %v", l.Subject, l.Header)
		}
		for _, part := range []string{c.first, c.zoneSaid, "shop.example", "https://shop.example/#/tea/gr%C3%BCn?parley="} {
			if !strings.Contains(l.Text, part) ||
				!strings.Contains(l.HTML, part) && !strings.Contains(l.HTML, strings.ReplaceAll(part, "Zeitzone ", "Zeitzone <bdi>")) {
				t.Errorf("%s: no %q in\n%s\n%s", c.language, part, l.Text, l.HTML)
			}
		}
		if !strings.Contains(l.Text, "Heute <b>abgeschickt</b>") ||
			!strings.Contains(l.HTML, "<strong>Heute</strong> &lt;b&gt;abgeschickt&lt;/b&gt;") ||
			strings.Contains(l.HTML, `dir="rtl"`) != (c.language == "ar") {
			t.Errorf("%s:\n%s\n%s", c.language, l.Text, l.HTML)
		}
	}
}

// newestConversation returns the organization's newest conversation; zero if there is none.
func newestConversation(t testing.TB, s *serve.Server, o testkit.Org) (id uuid.UUID) {
	t.Helper()
	err := s.DB.As(access.System(o.ID, "test")).QueryRow(context.Background(),
		"select coalesce((select id from conversations order by created_at desc limit 1), "+
			"'00000000-0000-0000-0000-000000000000')").Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestMailSettings shows that names and subjects of mails are checked where they are set: nothing gets into their
// headers, and nothing is hidden in them. The preview shows what is typed, alone and without anything that runs.
func TestMailSettings(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	s := startServer(t, nil)
	manager, err := traffic.LogIn(ctx, s.URL, o.Users[access.Manager].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	at := "/admin/websites/" + o.Website.String()
	set := func(v url.Values) strangerResponse {
		return postAsStranger(t, s, manager.Cookie(), at+"/widget/mail", v)
	}
	for field, values := range map[string][]string{
		"sender":              {"A\r\nBcc: x@evil.example", "Mia <mia@bank.example>", "mia@bank.example", "Bank\u202e", "A\u200bB", "{visitor}", "see https://evil.example", strings.Repeat("x", 61)},
		"reply_to":            {"nobody", "a@shop.example\r\nBcc: b@shop.example", "a\u200b@shop.example", "a@shop.example, b@shop.example", "A <a@shop.example>"},
		"answer_subject":      {"Hi {wbsite}", "Hi\u202e", "www.evil.example", strings.Repeat("x", 151)},
		"answer_subjects":     {"klingonisch!: x", "de:", "de: {agent}", "de: a\u2066b"},
		"transcript_subjects": {"de"},
	} {
		for _, value := range values {
			if a := set(url.Values{field: {value}}); a.code != 422 || !strings.Contains(a.body, "wrong") {
				t.Errorf("%s %q: %d", field, value, a.code)
			}
		}
	}
	good := url.Values{
		"sender":          {"{website} ❤️ Service"},
		"reply_to":        {"Help@Bücher.example"},
		"answer_subject":  {"Über {website}: <Antwort>"},
		"answer_subjects": {"fr: Réponse de {domain}\npt-BR: Resposta"},
	}
	if a := set(good); a.code != 303 {
		t.Fatalf("%d %s", a.code, a.body)
	}
	w, err := s.Org.GetWebsite(ctx, o.As(access.Manager), o.Website)
	if m := w.Settings.Mail; err != nil || m.ReplyTo != "help@xn--bcher-kva.example" ||
		m.ReplySubject.In("pt_BR") != "Resposta" || m.ReplySubject.In("fr-CA") != "Réponse de {domain}" ||
		m.Sender != "{website} ❤️ Service" {
		t.Errorf("%+v %v", m, err)
	}
	if code, _, _ := fetch(t, s, manager.Cookie(), "/admin/websites/"+other.Website.String()+"/mail"); code != 404 {
		t.Errorf("another organization's mail: %d", code)
	}
	for query, want := range map[string]string{
		"?stored=1": "Subject: <bdi>Über ",
		"?in=ar&kind=transcript&sender=%3Cscript%3E": "Enter a name without an email address",
		"?in=ar&sender=Tea":                          "From: <bdi>Tea",
		"?in=de":                                     `<html lang="de"`,
	} {
		code, header, body := fetch(t, s, manager.Cookie(), at+"/mail"+query)
		if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") ||
			!strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: %s", query, policy)
		}
		if (code != http.StatusOK && code != http.StatusUnprocessableEntity) || !strings.Contains(body, want) ||
			strings.Contains(body, "<script") || strings.Contains(body, "<Antwort>") {
			t.Errorf("%s: %d %s", query, code, body)
		}
	}
}

func fetch(t testing.TB, s *serve.Server, cookie, path string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

// TestBrowserMailSettings shows that the page of a website's widget previews a mail as it is typed.
func TestBrowserMailSettings(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	smtp, _ := testkit.MailServer(t, 0)
	s := startServer(t, func(c *serve.Config) { c.SMTPURL = smtp })
	b := testkit.NewTab(t)
	b.Size(1280, 1000, false)
	b.LogIn(s.URL, o.Users[access.Manager].Email, testkit.Password, "/admin/websites/"+o.Website.String()+"/widget")
	b.Wait(`$("#mail")`)
	b.Run(`document.getElementById("mail").scrollIntoView()`)
	b.Type("#f-sender", "Brightline Service")
	b.Type("#f-answer_subjects", "de: Ihre Frage an {website}")
	b.Run(
		`document.getElementById("f-in").value = "de"; document.querySelector("iframe.mail").addEventListener("load", () => { window.previewed = true; }); [...document.querySelectorAll("button")].find((e) => e.innerText === "Show preview").click()`)
	b.Wait(`window.previewed`)
	b.Run(`document.querySelector("iframe.mail").scrollIntoView({ block: "end" }); await new Promise((go) => setTimeout(go, 500))`)
	if c := b.Console(); len(c) != 0 {
		t.Errorf("the console says %q", c)
	}
	b.Accessible("mail settings")
	saveWidgetScreenshot(t, b, "mail-settings")
	b.Run(`[...document.querySelectorAll("form[action$='/mail'] button.primary")][0].click()`)
	b.Wait(`location.search.includes("saved=mail") && $("#f-sender").value === "Brightline Service" && text("main").includes("Saved.")`)
}
