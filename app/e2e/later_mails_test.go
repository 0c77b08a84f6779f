package e2e

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestMailsOutliveTheirInstance has an instance that ends between the commit and the mail: two others send each mail
// once, also when the mail server is busy at first, and none whose answer the visitor has read meanwhile.
func TestMailsOutliveTheirInstance(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, lane := testkit.NewOrg(t), uuid.NewString()[:8]
	smtp, mails := testkit.MailServer(t, 2)
	start := func(idle bool) *serve.Server {
		s, err := tryStartServer(t, func(c *serve.Config) {
			c.SMTPURL, c.AnswerMailAfter, c.SettingsMinute, c.Jobs.Lane, c.Jobs.Idle = smtp, 100*time.Millisecond, time.Hour, lane, idle
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := start(true)
	manager, err := traffic.LogIn(ctx, first.URL, o.Users[access.Manager].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	for path, v := range map[string]url.Values{
		"/admin/team/invite": {"email": {"new@" + o.Name + ".example"}, "role": {"agent"}},
		"/forgot":            {"email": {o.Users[access.Agent].Email}},
	} {
		if a := postAsStranger(t, first, manager.Cookie(), path, v); a.code >= 400 {
			t.Fatalf("%s: %d %s", path, a.code, a.body)
		}
	}
	reply := func(email string) (visitor access.Actor, id uuid.UUID, seq int) {
		v := newVisitor(t, first, o, "")
		v.send("Hello?")
		id, visitor = uuid.MustParse(v.conversation), access.Visitor(o.ID, o.Website, visitorID(t, v.token, o))
		if err := first.Conversations.SaveContactDetails(ctx, visitor, conversation.ContactDetails{Email: email}); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Routing.Take(ctx, o.As(access.Agent), "Mia", id); err != nil {
			t.Fatal(err)
		}
		v.Close()
		m, err := first.Conversations.SendAsAgent(ctx, o.As(access.Agent), id, uuid.New(), conversation.Text, "How can I help you?")
		if err != nil {
			t.Fatal(err)
		}
		return visitor, id, m.Seq
	}
	reply("gone@home.example")
	_, read, seq := reply("back@home.example")
	system := first.DB.As(access.System(o.ID, "test"))
	if _, err := system.Exec(ctx, "update conversations set read_by_visitor = $2 where id = $1", read, seq); err != nil {
		t.Fatal(err)
	}
	for jobs := 0; jobs < 3; time.Sleep(10 * time.Millisecond) { // the check is inserted after the reply
		if err := system.QueryRow(ctx, "select count(*) from jobs.river_job where queue like '%' || $1", lane).Scan(&jobs); err != nil {
			t.Fatal(err)
		}
	}
	first.Stop()
	for range 2 {
		t.Cleanup(start(false).Stop)
	}
	got := map[string]int{}
	for range 3 {
		got[receive(t, mails).To]++
	}
	select {
	case m := <-mails:
		t.Errorf("one mail too many, to %s", m.To)
	case <-time.After(time.Second):
	}
	for _, to := range []string{"new@" + o.Name + ".example", o.Users[access.Agent].Email, "gone@home.example"} {
		if got[to] != 1 {
			t.Errorf("%d mails to %s: %v", got[to], to, got)
		}
	}
}
