package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestFilteredMonitorIsSentWhatItShows shows that a live monitor that is narrowed to a group is not sent other groups' conversations, by
// its page as by its socket.
func TestFilteredMonitorIsSentWhatItShows(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	help := addGroup(t, s, o, group.Settings{Name: "Help"}, 1)
	address := "?group=" + help.String() + "&queues=wait"
	sara := o.Users[access.Supervisor]
	filtered := openFrameLog(ctx, t, s, "filtered", sara, "/live/monitor"+address)
	whole := openFrameLog(ctx, t, s, "whole", sara, "/live/monitor")
	hidden, shown := fillQueue(t, o, uuid.Nil, 1)[0], fillQueue(t, o, help, 1)[0] // without an event
	s.Live.Resync(uuid.Nil)
	for _, id := range []uuid.UUID{hidden, shown} {
		whole.until(t, id.String())
	}
	filtered.until(t, shown.String())
	page := fetchPage(t, logInAgent(t, s, o, access.Supervisor), s.URL+"/monitor"+address)
	for name, text := range map[string]string{"socket": filtered.contents(), "page": page} {
		if strings.Contains(text, hidden.String()) || !strings.Contains(text, shown.String()) {
			t.Errorf("the %s does not have what the filter lets through", name)
		}
	}
	if !strings.Contains(page, `hx-ws:connect="/live/monitor?group=`+help.String()) {
		t.Error("the socket of the page has another filter")
	}
}
