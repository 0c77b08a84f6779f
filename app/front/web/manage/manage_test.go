package manage_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"parley/app/tools/testkit/webtest"
)

// Every page of the management is drawn for an owner.
func TestManagementPages(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	c := webtest.LogIn(t, s, o.Users[access.Owner])
	website := "/admin/websites/" + o.Website.String()
	for path, shows := range map[string]string{
		"/admin": "Customer of " + o.Name,
		"/admin/customers/" + o.Customer.String(): "Shop of " + o.Name,
		website:                    "data-key=\"" + o.Key + "\"",
		website + "/widget":        "Hello from " + o.Name,
		website + "/mail?stored=1": "Plain text",
		"/admin/team":              o.Users[access.Agent].Email,
		"/admin/team/" + o.As(access.Agent).ID().String(): o.Users[access.Agent].Name,
		"/admin/groups":       "",
		"/admin/audit":        "",
		"/admin/tags":         "",
		"/admin/desk":         "",
		"/admin/ratings":      "",
		"/admin/blocked":      "",
		"/admin/organization": o.Name,
		"/faq":                "",
		"/faq/new":            "",
		"/faq/import":         "",
		"/snippets":           "",
	} {
		c.Check(path, c.Get(path), http.StatusOK, shows)
	}
	for _, path := range []string{"/admin/customers/", "/admin/websites/", "/admin/team/", "/admin/groups/", "/faq/"} {
		c.Check(path, c.Get(path+uuid.NewString()), http.StatusNotFound)
	}
}

// A form is saved and shown, or refused with what is wrong and what was typed.
func TestManagementForms(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	c := webtest.LogIn(t, s, o.Users[access.Owner])
	website := "/admin/websites/" + o.Website.String()
	for _, x := range []struct {
		path   string
		form   []string
		status int
		shows  string
	}{
		{"/admin/customers", []string{"name", "Tea & Sons"}, http.StatusOK, "Tea & Sons"},
		{"/admin/customers", []string{"name", " "}, http.StatusUnprocessableEntity, "name"},
		{"/admin/groups", []string{"name", "Billing"}, http.StatusOK, "Billing"},
		{"/admin/groups/rules", []string{"hand_back", "many", "former", "1"}, http.StatusUnprocessableEntity, "Enter a number of minutes from 0 to 1440."},
		{"/admin/tags", []string{"name", "urgent"}, http.StatusOK, "urgent"},
		{"/admin/team/invite", []string{"email", "nobody", "role", "agent"}, http.StatusUnprocessableEntity, "nobody"},
		{"/admin/team/invite", []string{"email", "new@" + o.Name + ".example", "role", "agent"}, http.StatusOK, "/join/"},
		{website + "/domains", []string{"host", "tea.example"}, http.StatusOK, "tea.example"},
		{website + "/widget/look", []string{"colored", "on", "color", ""}, http.StatusUnprocessableEntity, "Choose a color such as #0b6bcb."},
		{website + "/widget/nothing", nil, http.StatusNotFound, ""},
		{"/admin/blocked", []string{"network", "192.0.2.0/24", "days", "x"}, http.StatusUnprocessableEntity, "192.0.2.0/24"},
		{"/faq/new", []string{"language", "en", "question", "Do you ship?", "answer", "Yes.", "state", "live"}, http.StatusOK, "Saved."},
		{"/faq/state", []string{"state", "live"}, http.StatusUnprocessableEntity, "Select at least one entry"},
		{"/snippets", []string{"name", "hello", "body", "Hello!", "for", "gone"}, http.StatusUnprocessableEntity, "This group or customer no longer exists."},
		{"/snippets", []string{"name", "hello", "body", "Hello!"}, http.StatusOK, "Hello!"},
		{"/admin/organization", []string{"name", "Renamed " + o.Name}, http.StatusOK, "Renamed " + o.Name},
	} {
		c.Check(x.path, c.Post(x.path, x.form...), x.status, x.shows)
	}
}
