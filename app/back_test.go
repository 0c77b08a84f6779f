package main

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
)

// A desk that was away while very much was said shows all of it when it is back, in the page that has stayed open.
func TestBrowserDeskComesBackToMuch(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, func(c *config) { c.CommitWindow = 0 })
	network := newLink(t, s.url)
	agent := o.As(access.Agent)
	var talks []uuid.UUID
	for range 20 {
		_, id := asked(t, s, o, "Hello?")
		talks = append(talks, id)
	}
	desk := apptest.NewTab(t)
	desk.Size(1600, 900, false)
	desk.LogIn(network.url, o.Users[access.Agent].Email, apptest.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && document.querySelectorAll(".pane").length === 20`)
	network.set(true)
	desk.Wait(`text("#connection") !== "Online"`)
	for i := range 300 {
		for _, id := range talks {
			if _, err := s.chat.SayAsAgent(ctx, agent, id, uuid.New(), chat.Text, "Number "+itoa(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	network.set(false)
	desk.Wait(`text("#connection") === "Online"`)
	for _, id := range talks {
		desk.Wait(`$("#thread-` + id.String() + `").lastElementChild.textContent.includes("Number 299")`)
	}
}
