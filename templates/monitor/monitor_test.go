package monitor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/front/desk"
	"parley/templates/monitor"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func exampleMonitor() routing.Monitor {
	now := time.Now()
	g := routing.GroupInfo{ID: uuid.New(), Open: true, OnlineAgents: 2}
	g.Name, g.Automatic = "Orders", true
	g.QueueAges = routing.QueueAges{Waiting: 12, UnderOneMinute: 3, UnderThreeMinutes: 4, OldestSince: now.Add(-time.Hour)}
	g.Queues = []routing.QueueInfo{{CustomerName: "Harbour Tea", WebsiteName: "Tea shop", QueueAges: g.QueueAges}}
	return routing.Monitor{
		At:      now,
		Groups:  []routing.GroupInfo{g},
		Waiting: []routing.ConversationInfo{{ID: uuid.New(), VisitorName: "Anna", WaitingSince: now.Add(-time.Hour)}},
		Agents: []routing.AgentInfo{
			{ID: uuid.New(), Name: "Mia", Status: presence.Online, OpenChats: 2, MaxChats: 8, Backlog: 84, AwaitingReply: 1, Conversations: []routing.ConversationInfo{
				{ID: uuid.New(), VisitorName: "Ben", WaitingSince: now.Add(-time.Minute)}, {ID: uuid.New(), VisitorName: "Cleo", RepliedAt: now},
			}},
			{ID: uuid.New(), Name: "Tom", Status: presence.Away, AwayReason: "Lunch", MaxChats: 8, StatusSince: now},
		},
	}
}

// The monitor says how long the queues are and what agents do, and its rows do not list all agents.
func TestMonitorContent(t *testing.T) {
	t.Parallel()
	m := exampleMonitor()
	html := render(t, monitor.Content(desk.MonitorView{AgentOrder: desk.ByLoad}, m))
	for _, want := range []string{
		"All agents at their limit", "Harbour Tea", "Tea shop", "Workload 1 min 24 s", "1 waiting for a reply, 1 answered", "Away (Lunch)",
		"2 of 8 chats", "No open chats", "Assign to…", "/monitor?agents=load&amp;queues=wait",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the monitor lacks %q", want)
		}
	}
	if strings.Contains(html, "<option") {
		t.Error("a row lists agents")
	}
}

// An update replaces list by list what the view shows; a wall is sent its figures only.
func TestMonitorUpdate(t *testing.T) {
	t.Parallel()
	m := exampleMonitor()
	html := render(t, monitor.Update(desk.MonitorView{}, m))
	for _, id := range []string{"queues", "waiting", "agents"} {
		if !strings.Contains(html, `hx-target="#`+id+`"`) || !strings.Contains(html, `id="`+id+`"`) {
			t.Errorf("%s is not updated", id)
		}
	}
	wall := render(t, monitor.Update(desk.MonitorView{Wall: true}, m))
	if !strings.Contains(wall, `hx-target="#wall"`) || strings.Contains(wall, "Anna") || strings.Contains(wall, "<button") {
		t.Errorf("the wall: %s", wall)
	}
}
