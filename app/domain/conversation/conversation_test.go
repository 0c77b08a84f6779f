package conversation_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// eventRecorder collects the published messages.
type eventRecorder struct {
	mu     sync.Mutex
	events []conversation.MessageEvent
}

func (h *eventRecorder) HandleEvents(events []bus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		if s, ok := e.Local.(conversation.MessageEvent); ok {
			h.events = append(h.events, s)
		}
	}
}
func (h *eventRecorder) Resync(uuid.UUID) {}

type fixture struct {
	t        *testing.T
	service  *conversation.Service
	org      testkit.Org
	recorder *eventRecorder
}

func newFixture(t *testing.T) fixture { return newFixtureWith(t, conversation.Options{}) }

func newFixtureWith(t *testing.T, options conversation.Options) fixture {
	t.Parallel()
	b, h := bus.New(nil), &eventRecorder{}
	b.Subscribe(h)
	return fixture{t, conversation.New(testkit.DB(t), b, options), testkit.NewOrg(t), h}
}

func (f fixture) sendAsVisitor(who access.Actor, conversationID, id uuid.UUID, text string) (conversation.Receipt, error) {
	return f.service.SendAsVisitor(context.Background(), who, conversation.VisitorMessage{
		ID:           id,
		Conversation: conversationID,
		Body:         text,
		Customer:     f.org.Customer,
	})
}

func (f fixture) must(r conversation.Receipt, err error) conversation.Receipt {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func (f fixture) startAssigned(who access.Actor) uuid.UUID {
	f.t.Helper()
	r := f.must(f.sendAsVisitor(who, uuid.Nil, uuid.New(), "Hello"))
	if _, err := f.service.Take(context.Background(), f.org.As(access.Agent), "Mia", r.Conversation,
		conversation.QueueScope{AllGroups: true}); err != nil {
		f.t.Fatal(err)
	}
	return r.Conversation
}

func (f fixture) messages(who access.Actor, conversationID uuid.UUID) []conversation.Message {
	f.t.Helper()
	list, err := f.service.ListMessagesAfter(context.Background(), who, conversationID, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

// Many senders at once, each message sent several times at once: every message is kept once, numbers have no gap, and the
// order of numbers is the order in which messages were kept.
func TestNumberingUnderConcurrency(t *testing.T) {
	f := newFixture(t)
	ctx, visitor, agent := context.Background(), f.org.Visitor(), f.org.As(access.Agent)
	c := f.startAssigned(visitor)
	var wg sync.WaitGroup
	for range 40 {
		id := uuid.New()
		for range 3 {
			wg.Go(func() {
				if _, err := f.sendAsVisitor(visitor, c, id, "From the visitor "+id.String()); err != nil {
					t.Error(err)
				}
			})
		}
		reply := uuid.New()
		for range 2 {
			wg.Go(func() {
				if _, err := f.service.SendAsAgent(ctx, agent, c, reply, conversation.Text, "From the agent "+reply.String()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	list := f.messages(agent, c)
	if len(list) != 2+80 {
		t.Fatalf("%d messages, not 82", len(list))
	}
	seen := map[uuid.UUID]bool{}
	for i, m := range list {
		if m.Seq != i+1 || seen[m.ID] || i > 0 && m.At.Before(list[i-1].At) {
			t.Fatalf("message %d: number %d, said before %v, %v", i, m.Seq, seen[m.ID], m.At)
		}
		seen[m.ID] = true
	}
	if len(f.recorder.events) != 82 {
		t.Errorf("%d events were published", len(f.recorder.events))
	}
}

// The same first message from many tabs at once starts one conversation and is said once.
func TestOneConversationAtATime(t *testing.T) {
	f := newFixture(t)
	visitor, id := f.org.Visitor(), uuid.New()
	var wg sync.WaitGroup
	receipts := make([]conversation.Receipt, 12)
	for i := range receipts {
		wg.Go(func() {
			mine := id
			if i%2 == 1 {
				mine = uuid.New() // another tab says something else at the same time
			}
			var err error
			if receipts[i], err = f.sendAsVisitor(visitor, uuid.Nil, mine, "Hello"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, r := range receipts {
		if r.Conversation != receipts[0].Conversation {
			t.Fatal("two conversations of one visitor are running")
		}
	}
	if n := len(f.messages(f.org.As(access.Agent), receipts[0].Conversation)); n != 1+6 {
		t.Errorf("%d messages, not 7", n)
	}
}

// Said again after the acknowledgement was lost, at any later time: the same number again, and nothing new.
func TestResendIsIdempotent(t *testing.T) {
	f := newFixture(t)
	ctx, visitor, agent := context.Background(), f.org.Visitor(), f.org.As(access.Agent)
	first := uuid.New()
	r := f.must(f.sendAsVisitor(visitor, uuid.Nil, first, "Hello"))
	if again := f.must(f.sendAsVisitor(visitor, uuid.Nil, first, "Hello")); again.Seq != 1 || again.Conversation != r.Conversation || !again.At.Equal(r.At) {
		t.Errorf("while it is running: %+v, not %+v", again, r)
	}
	if _, err := f.service.Take(ctx, agent, "Mia", r.Conversation, conversation.QueueScope{AllGroups: true}); err != nil {
		t.Fatal(err)
	}
	reply := uuid.New()
	m, err := f.service.SendAsAgent(ctx, agent, r.Conversation, reply, conversation.Text, "Hi")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.service.Close(ctx, agent, r.Conversation); err != nil {
		t.Fatal(err)
	}
	for _, conversationID := range []uuid.UUID{uuid.Nil, r.Conversation} {
		if again := f.must(f.sendAsVisitor(visitor, conversationID, first, "Hello")); again.Seq != 1 || again.Conversation != r.Conversation {
			t.Errorf("after the close: %+v", again)
		}
	}
	if again, err := f.service.SendAsAgent(ctx, agent, r.Conversation, reply, conversation.Text, "Hi"); err != nil || again.Seq != m.Seq || again.Body != "Hi" {
		t.Errorf("the agent's after the close: %+v, %v", again, err)
	}
	if _, err := f.sendAsVisitor(visitor, r.Conversation, uuid.New(), "More"); !errors.Is(err, error(conversation.ErrClosed)) {
		t.Errorf("a new message to a closed conversation: %v", err)
	}
	if next := f.must(f.sendAsVisitor(visitor, uuid.Nil, uuid.New(), "More")); next.Conversation == r.Conversation || next.Seq != 1 {
		t.Errorf("a new conversation: %+v", next)
	}
}

// Twenty agents reach for one conversation: one gets it, the others are told who.
func TestConcurrentPickAssignsOnce(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	r := f.must(f.sendAsVisitor(f.org.Visitor(), uuid.Nil, uuid.New(), "Hello"))
	roles := []access.Role{access.Agent, access.Supervisor, access.Manager, access.Owner}
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[access.Role]int{}
	for i := range 20 {
		wg.Go(func() {
			role := roles[i%len(roles)]
			_, err := f.service.Take(ctx, f.org.As(role), string(role), r.Conversation, conversation.QueueScope{AllGroups: true})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got[role]++
			} else if fail.KindOf(err) != fail.Conflict {
				t.Errorf("refused with %v", err)
			}
		})
	}
	wg.Wait()
	if len(got) != 1 {
		t.Fatalf("taken by %v", got)
	}
	if n := len(f.messages(f.org.As(access.Supervisor), r.Conversation)); n != 2 {
		t.Errorf("%d messages: it was taken more than once", n)
	}
}

// The next one is the one that has waited longest, and each of many reaching at once gets another.
func TestTakeNextInOrder(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	var order []uuid.UUID
	for range 5 {
		order = append(order, f.must(f.sendAsVisitor(f.org.Visitor(), uuid.Nil, uuid.New(), "Hello")).Conversation)
	}
	for _, want := range order[:2] {
		c, err := f.service.Take(ctx, f.org.As(access.Agent), "Mia", uuid.Nil, conversation.QueueScope{AllGroups: true})
		if err != nil || c.ID != want || c.State != conversation.Open || c.AgentName != "Mia" {
			t.Fatalf("took %v (%v), not the oldest", c.ID, err)
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := map[uuid.UUID]int{}
	for range 3 {
		wg.Go(func() {
			c, err := f.service.Take(ctx, f.org.As(access.Agent), "Mia", uuid.Nil, conversation.QueueScope{AllGroups: true})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			taken[c.ID]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(taken) != 3 {
		t.Errorf("three at once took %v", taken)
	}
	if _, err := f.service.Take(ctx, f.org.As(access.Agent), "Mia", uuid.Nil, conversation.QueueScope{
		AllGroups: true,
	}); !errors.Is(err, error(conversation.ErrQueueEmpty)) {
		t.Errorf("an empty line: %v", err)
	}
}

// Waiting time counts from the visitor's oldest unanswered message; a reply ends it, a note does not.
func TestWaitingSince(t *testing.T) {
	f := newFixture(t)
	ctx, visitor, agent := context.Background(), f.org.Visitor(), f.org.As(access.Agent)
	c := f.startAssigned(visitor)
	started := f.get(c).WaitingSince
	f.must(f.sendAsVisitor(visitor, c, uuid.New(), "Still there?"))
	if got := f.get(c).WaitingSince; started.IsZero() || !got.Equal(started) {
		t.Errorf("a second message moved the wait from %v to %v", started, got)
	}
	if _, err := f.service.SendAsAgent(ctx, agent, c, uuid.New(), conversation.Note, "A note"); err != nil {
		t.Fatal(err)
	}
	if got := f.get(c); got.WaitingSince.IsZero() || got.LastText != "Still there?" {
		t.Errorf("a note counts as an answer: %+v", got)
	}
	if _, err := f.service.SendAsAgent(ctx, agent, c, uuid.New(), conversation.Text, "Yes"); err != nil {
		t.Fatal(err)
	}
	if got := f.get(c); !got.WaitingSince.IsZero() || got.LastText != "Yes" {
		t.Errorf("after the reply: %+v", got)
	}
	f.must(f.sendAsVisitor(visitor, c, uuid.New(), "Good"))
	if got := f.get(c).WaitingSince; !got.After(started) {
		t.Errorf("a new wait counts from %v", got)
	}
}

func (f fixture) get(c uuid.UUID) conversation.Conversation {
	f.t.Helper()
	got, err := f.service.Get(context.Background(), f.org.As(access.Agent), c)
	if err != nil {
		f.t.Fatal(err)
	}
	return got
}

// An agent's conversations go back into the line, with the wait that the visitor has had.
func TestRequeueAllOfAgent(t *testing.T) {
	f := newFixture(t)
	ctx, visitor := context.Background(), f.org.Visitor()
	c := f.startAssigned(visitor)
	since := f.get(c).WaitingSince
	requeued, err := f.service.Requeue(ctx, testkit.DB(t).As(f.org.As(access.Manager)), conversation.RequeueOptions{
		Agent:  f.org.As(access.Agent).ID(),
		Reason: conversation.ReasonReturned,
	})
	if err != nil || len(requeued) != 1 {
		t.Fatal(requeued, err)
	}
	got := f.get(c)
	if got.State != conversation.Waiting || got.Agent != uuid.Nil || !got.WaitingSince.Equal(since) {
		t.Errorf("after the return: %+v", got)
	}
	if list := f.messages(visitor, c); list[len(list)-1].Body != conversation.SystemRequeued {
		t.Errorf("the visitor is not told: %+v", list)
	}
	if _, err := f.service.SendAsAgent(ctx, f.org.As(access.Agent), c, uuid.New(), conversation.Text, "Late"); fail.KindOf(err) != fail.Conflict {
		t.Errorf("the former agent can still answer: %v", err)
	}
}

// Input that is refused changes nothing and says what is wrong.
func TestRefusedInputChangesNothing(t *testing.T) {
	f := newFixture(t)
	ctx, visitor, agent := context.Background(), f.org.Visitor(), f.org.As(access.Agent)
	c := f.startAssigned(visitor)
	teammate := f.org.As(access.Supervisor)
	before := f.messages(agent, c)
	long := strings.Repeat("ä", conversation.MaxText+1)
	for name, run := range map[string]struct {
		do   func() error
		kind fail.Kind
	}{
		"empty":                  {func() error { _, err := f.sendAsVisitor(visitor, c, uuid.New(), " \n\t "); return err }, fail.Invalid},
		"too long":               {func() error { _, err := f.sendAsVisitor(visitor, c, uuid.New(), long); return err }, fail.Invalid},
		"not UTF-8":              {func() error { _, err := f.sendAsVisitor(visitor, c, uuid.New(), "a\xffb"); return err }, fail.Invalid},
		"only what is taken out": {func() error { _, err := f.sendAsVisitor(visitor, c, uuid.New(), "\x00\x1b\v"); return err }, fail.Invalid},
		"no id":                  {func() error { _, err := f.sendAsVisitor(visitor, c, uuid.Nil, "a"); return err }, fail.Invalid},
		"another visitor's":      {func() error { _, err := f.sendAsVisitor(f.org.Visitor(), c, uuid.New(), "a"); return err }, fail.Conflict},
		"unknown conversation":   {func() error { _, err := f.sendAsVisitor(visitor, uuid.New(), uuid.New(), "a"); return err }, fail.Conflict},
		"an agent as a visitor":  {func() error { _, err := f.sendAsVisitor(agent, c, uuid.New(), "a"); return err }, fail.Forbidden},
		"a visitor as an agent": {func() error {
			_, err := f.service.SendAsAgent(ctx, visitor, c, uuid.New(), conversation.Text, "a")
			return err
		}, fail.Forbidden},
		"a reviewer": {func() error {
			_, err := f.service.SendAsAgent(ctx, f.org.As(access.Reviewer), c, uuid.New(), conversation.Text, "a")
			return err
		}, fail.Forbidden},
		"a colleague": {func() error {
			_, err := f.service.SendAsAgent(ctx, teammate, c, uuid.New(), conversation.Text, "a")
			return err
		}, fail.Conflict},
		"a colleague's note": {func() error {
			_, err := f.service.SendAsAgent(ctx, teammate, c, uuid.New(), conversation.Note, "a")
			return err
		}, fail.Conflict},
		"a colleague closes": {func() error { _, err := f.service.Close(ctx, teammate, c); return err }, fail.Conflict},
		"a system message by hand": {func() error {
			_, err := f.service.SendAsAgent(ctx, agent, c, uuid.New(), conversation.System, "closed")
			return err
		}, fail.Invalid},
		"take an unknown conversation": {func() error {
			_, err := f.service.Take(ctx, agent, "Mia", uuid.New(), conversation.QueueScope{AllGroups: true})
			return err
		}, fail.NotFound},
		"nobody": {func() error {
			_, err := f.service.SendAsAgent(ctx, access.Actor{}, c, uuid.New(), conversation.Text, "a")
			return err
		}, fail.Forbidden},
	} {
		if err := run.do(); err == nil || fail.KindOf(err) != run.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := f.messages(agent, c); len(after) != len(before) {
		t.Errorf("%d messages became %d", len(before), len(after))
	}
	// What is strange but fine is kept as it is.
	for _, text := range []string{
		"<script>alert(1)</script>",
		"'; drop table messages; --",
		"👩‍🚀 \u202eمرحبا",
		"line\nline",
		strings.Repeat("ä", conversation.MaxText),
	} {
		f.must(f.sendAsVisitor(visitor, c, uuid.New(), text))
		if list := f.messages(visitor, c); list[len(list)-1].Body != text {
			t.Errorf("%q was kept as %q", text, list[len(list)-1].Body)
		}
	}
}
