package e2e

import (
	"context"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"slices"
	"testing"

	"github.com/google/uuid"
)

// otherCustomer adds a second customer to an organization, with everything that a customer has. All of it carries
// the customer's name.
func otherCustomer(t testing.TB, s *serve.Server, base ids) ids {
	t.Helper()
	ctx, owner := context.Background(), base.As(access.Owner)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x := base
	x.Name = "other-" + uuid.NewString()[:8]
	var err error
	x.Customer, err = s.Org.AddCustomer(ctx, owner, "Customer "+x.Name)
	must(err)
	x.Website, err = s.Org.AddWebsite(ctx, owner, x.Customer, org.WebsiteInput{Name: "Shop of " + x.Name, Host: "shop.example"})
	must(err)
	for _, place := range []settings.Place{settings.ForCustomer(x.Customer), settings.ForWebsite(x.Website)} {
		must(s.Settings.Update(ctx, owner, place, settings.Change{Set: func(w *settings.Widget) error { w.Mail.Sender += x.Name; return nil }}))
	}
	site, err := s.Org.GetWebsite(ctx, owner, x.Website)
	must(err)
	x.Key, x.domain = site.Key, site.Domains[0].ID.String()
	teammate := base.AddMember(t, access.Agent, x.Customer)
	x.Users = map[access.Role]testkit.Member{}
	for role, p := range base.Users {
		x.Users[role] = p
	}
	x.Users[access.Agent] = teammate // a manager of the first customer must not change this one
	x.Users[access.Supervisor] = base.AddMember(t, access.Supervisor, x.Customer)
	s.Groups.PublishChanged(x.ID) // membership of groups is cached
	begin := func(text string) (uuid.UUID, access.Actor) {
		v := newVisitor(t, s, x.Org, "")
		v.send(text)
		c := uuid.MustParse(v.conversation)
		_, err := s.Routing.Take(ctx, teammate.Actor, "Alias "+x.Name, c)
		must(err)
		return c, access.Visitor(x.ID, x.Website, visitorID(t, v.token, x.Org))
	}
	closed, former := begin("A closed one of " + x.Name)
	_, err = s.Conversations.Close(ctx, teammate.Actor, closed)
	must(err)
	x.closed = closed.String()
	x.conversation, x.visitor = begin("A message of " + x.Name)
	_, err = s.Conversations.SendAsAgent(ctx, teammate.Actor, x.conversation, uuid.New(), conversation.Note, "A note of "+x.Name)
	must(err)
	must(s.Conversations.Tag(ctx, teammate.Actor, x.conversation, "Tag of "+base.Name))
	x.file, err = addFile(s, x.orgData)
	must(err)
	x.entry, _, err = s.FAQ.SaveEntry(ctx, owner, faq.Entry{
		Texts:    []faq.Text{{Language: "en", Question: "A question of " + x.Name, Answer: "An answer of " + x.Name}},
		State:    faq.Published,
		Category: "Category " + x.Name,
		Scope:    faq.Scope{Customer: x.Customer},
	})
	must(err)
	must(s.FAQ.RecordChoice(ctx, teammate.Actor, faq.Choice{
		Entry:        x.entry,
		Kind:         faq.Picked,
		Conversation: x.conversation,
		Seq:          1,
		Query:        "A message of " + x.Name,
	}))
	must(s.FAQ.SaveSnippet(ctx, owner, faq.Snippet{Name: "hello", Body: "Hello from " + x.Name, Customer: x.Customer}))
	list, err := s.FAQ.ListSnippets(ctx, owner, faq.SnippetScope{AllGroups: true})
	must(err)
	at := slices.IndexFunc(list, func(sn faq.Snippet) bool { return sn.Customer == x.Customer })
	x.snippet = list[at].ID
	must(s.Identity.SetAlias(ctx, owner, base.As(access.Agent).ID(), x.Customer, "Alias "+x.Name))
	must(s.Visitors.AddBlock(ctx, owner, visitor.Block{Visitor: former.ID(), Reason: "Block of " + x.Name}))
	blocks, err := s.Visitors.ListBlocks(ctx, owner)
	must(err)
	x.block = blocks[slices.IndexFunc(blocks, func(b visitor.Block) bool { return b.Visitor == former.ID() })].ID
	_, err = s.Identity.CreateMember(ctx, x.ID, newSignUp("Reviewer "+x.Name, "reviewer@"+x.Name+".example"), access.Reviewer, &x.Customer)
	must(err)
	invitation := uuid.New()
	x.invitation = invitation.String()
	must(addOtherRows(s, x, invitation, owner.ID()))
	return x
}

// addOtherRows adds what has no command of its own, or not for a test, to the conversations and websites of the other customer.
func addOtherRows(s *serve.Server, x ids, invitation, by uuid.UUID) error {
	ctx, system := context.Background(), s.DB.As(access.System(x.ID, "test"))
	for _, sql := range otherRows {
		if _, err := system.Exec(ctx, sql, x.Customer, x.Name); err != nil {
			return err
		}
	}
	_, err := system.Exec(ctx, `insert into invitations (org_id, id, email, role, limited, customers, token_hash, invited_by, expires_at)
		values ($1, $2, $3, 'agent', true, array[$4::uuid], sha256($5::bytea), $6, now() + interval '1 day')`, x.ID, invitation, "new@"+x.Name+".example", x.Customer, []byte(x.Name), by)
	return err
}

// otherRows are statements with a customer's id and a name.
var otherRows = []string{
	`insert into ratings (org_id, conversation_id, visitor_id, value, thumbs, comment, customer_id, website_id, group_id)
			select org_id, id, visitor_id, 5, false, 'Verdict of ' || $2, customer_id, website_id, group_id from conversations where customer_id = $1`,
	`insert into identity_keys (org_id, website_id, key) select org_id, id, repeat('k', 32) || $2 from websites where customer_id = $1`,
	`insert into website_groups (org_id, website_id, group_id, labels) select w.org_id, w.id, g.id, jsonb_build_object('en', $2::text) from websites w, groups g where w.customer_id = $1 and g.main`,
	`insert into message_history (org_id, conversation_id, seq, previous_body) select m.org_id, m.conversation_id, m.seq, 'Before: ' || $2 from messages m join conversations c on c.id = m.conversation_id
			where c.customer_id = $1 and m.seq = 1`,
	`insert into participants (org_id, conversation_id, user_id, by_id) select c.org_id, c.id, u.id, u.id from conversations c join users u on u.role = 'owner' where c.customer_id = $1 and c.state <> 'closed' and $2 <> ''`,
	`insert into archive_words (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_name, closed_at, words)
			select org_id, id, false, customer_id, website_id, group_id, 'Alias ' || $2, now(), to_tsvector('simple', $2) from conversations where customer_id = $1 and state = 'closed'
			on conflict do nothing`,
	`insert into visitor_codes (org_id, hash, website_id, visitor_id, expires_at)
			select org_id, sha256(id::text::bytea), website_id, visitor_id, now() + interval '1 day' from conversations where customer_id = $1 and $2 <> ''`,
	`insert into transcript_requests (org_id, id, conversation_id, email)
			select org_id, gen_random_uuid(), id, id || '@' || $2 || '.example' from conversations where customer_id = $1`,
	`insert into uploads (org_id, id, website_id, size) select org_id, gen_random_uuid(), id, length($2) from websites where customer_id = $1`,
	`insert into used_identity_tokens (org_id, hash, visitor_id, ip_address, until)
			select org_id, sha256(id::text::bytea), visitor_id, 'Address of ' || $2, now() + interval '1 day' from conversations where customer_id = $1`,
	`insert into pictures (org_id, user_id, customer_id, file_id) select f.org_id, c.agent_id, $1, f.id from files f join conversations c on c.id = f.conversation_id where c.customer_id = $1 and f.name like '%' || $2 || '%'`,
}
