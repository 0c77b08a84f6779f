package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserDeskCatchesUpAfterOutage shows that a desk that was away while very many messages came shows all of
// them when it is back, in the page that has stayed open.
func TestBrowserDeskCatchesUpAfterOutage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	// The agent keeps its conversations however long the messages take.
	s := startServer(t, func(c *serve.Config) { c.CommitWindow, c.GracePeriod = 0, 10*time.Minute })
	network := newNetwork(t, s.URL)
	agent := o.As(access.Agent)
	var conversations []uuid.UUID
	for range 20 {
		_, id := startConversation(t, s, o, "Hello?")
		conversations = append(conversations, id)
	}
	desk := testkit.NewTab(t)
	desk.Size(1600, 900, false)
	desk.LogIn(network.url, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && document.querySelectorAll(".pane").length === 20`)
	network.setCut(true)
	desk.Wait(`text("#connection") !== "Connected"`)
	for i := range 300 {
		for _, id := range conversations {
			if _, err := s.Conversations.SendAsAgent(ctx, agent, id, uuid.New(), conversation.Text, "Number "+itoa(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	network.setCut(false)
	// As browsers do when they have a network again: the next attempt would come after up to 15 seconds.
	desk.Wait(`text("#connection") === "Connected" || void dispatchEvent(new Event("online"))`)
	for _, id := range conversations {
		desk.Wait(`$("#thread-` + id.String() + `").lastElementChild.textContent.includes("Number 299")`)
	}
}
