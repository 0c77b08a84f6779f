package desk

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing"
)

// A view comes back from an address as it went in; what is not understood is left out.
func TestMonitorViewRoundTrip(t *testing.T) {
	t.Parallel()
	for _, v := range []MonitorView{
		{},
		{Wall: true},
		{MonitorFilter: routing.MonitorFilter{Customer: uuid.New(), Group: uuid.New()}, QueueOrder: ByWait, AgentOrder: ByLoad},
	} {
		address, err := url.Parse(v.Address("/monitor"))
		if err != nil || address.Path != "/monitor" || ParseMonitorView(address.Query()) != v {
			t.Errorf("%+v became %s: %v", v, address, err)
		}
	}
	wrong := url.Values{"customer": {"x"}, "group": {"y"}, "queues": {"load"}, "agents": {"waiting"}, "view": {"door"}}
	if v := ParseMonitorView(wrong); v != (MonitorView{}) {
		t.Errorf("%+v", v)
	}
}

// The most urgent come first, and who waits for nothing comes last.
func TestMonitorOrders(t *testing.T) {
	t.Parallel()
	now := time.Now()
	waits := func(minutes time.Duration) []routing.ConversationInfo {
		return []routing.ConversationInfo{{WaitingSince: now.Add(-minutes * time.Minute)}}
	}
	agents := []routing.AgentInfo{
		{Name: "a", OpenChats: 1, MaxChats: 4, Backlog: 9},
		{Name: "b", OpenChats: 2, MaxChats: 4, Backlog: 1, Conversations: waits(1)},
		{Name: "c", OpenChats: 1, MaxChats: 1, Conversations: waits(5)},
	}
	for order, want := range map[MonitorOrder]string{ByName: "abc", ByLoad: "cba", ByWorkload: "abc", ByWait: "cba"} {
		list := append([]routing.AgentInfo{}, agents...)
		sortAgents(list, order)
		if got := list[0].Name + list[1].Name + list[2].Name; got != want {
			t.Errorf("by %q: %s, not %s", order, got, want)
		}
	}
	groups := []routing.GroupInfo{{}, {}, {}}
	for i, a := range []routing.QueueAges{{}, {Waiting: 1, OldestSince: now.Add(-time.Hour)}, {Waiting: 5, OldestSince: now}} {
		groups[i].QueueAges = a
	}
	for order, want := range map[MonitorOrder][]int{ByName: {0, 1, 5}, ByWaiting: {5, 1, 0}, ByWait: {1, 5, 0}} {
		list := append([]routing.GroupInfo{}, groups...)
		sortQueues(list, order)
		for i := range want {
			if list[i].Waiting != want[i] {
				t.Errorf("by %q: %d at %d, not %d", order, list[i].Waiting, i, want[i])
			}
		}
	}
}
