package upload_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"parley/app/tools/testkit/webtest"
)

// A file is handed out to somebody who is logged in and may see it, or who has a signed link to it.
func TestDownloadIsRefused(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	path := "/files/" + uuid.NewString() + "/picture.png"
	agent, stranger := webtest.LogIn(t, s, o.Users[access.Agent]), webtest.New(t, s)
	agent.Check("unknown", agent.Get(path), http.StatusNotFound)
	agent.Check("no id", agent.Get("/files/nothing/picture.png"), http.StatusNotFound)
	if a := stranger.Get(path); a.Path != "/login" {
		t.Errorf("a stranger is at %s", a.Path)
	}
	stranger.Check("a link that is none", stranger.Get("/widget/v1/files/nothing/picture.png"), http.StatusNotFound)
}
