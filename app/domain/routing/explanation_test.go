package routing_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// Explanations are stored, and managers only read them in sentences.
func TestAssignmentExplanations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 2, 1)
	for _, a := range p.agents {
		p.setStatus(t, i, a, presence.Online)
	}
	first, _ := p.startConversation(t, i, "Hello")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, i, first).State == conversation.Open })
	second, _ := p.startConversation(t, i, "Hello too")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, i, second).State == conversation.Open })
	had, err := i.routing.ListAssignments(ctx, p.As(access.Manager), second)
	if err != nil || len(had) != 1 || had[0].How != conversation.ReasonRouting {
		t.Fatalf("%+v %v", had, err)
	}
	text := strings.Join(had[0].Reasons, " ")
	for _, want := range []string{
		"It had waited", "was expected to reply within", "No other agent could take it", "Passed over: Agent",
		"at the chat limit",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	for _, role := range []access.Role{access.Supervisor, access.Agent, access.Reviewer} {
		if _, err := i.routing.ListAssignments(ctx, p.As(role), second); fail.KindOf(err) != fail.Forbidden {
			t.Errorf("%s: %v", role, err)
		}
	}
	b, err := i.routing.GetMonitor(ctx, p.As(access.Supervisor))
	if err != nil || b.HasAgentFigures || len(b.Agents) != 2 || b.Agents[0].Speed != 0 {
		t.Errorf("a supervisor's live monitor: %+v %v", b, err)
	}
	raw, err := json.Marshal(b)
	if err != nil || strings.Contains(string(raw), `"Speed":1`) {
		t.Errorf("a person's speed is on a supervisor's live monitor: %s", raw)
	}
	if _, err := i.routing.GetMonitor(ctx, p.As(access.Agent)); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent's live monitor: %v", err)
	}
}
