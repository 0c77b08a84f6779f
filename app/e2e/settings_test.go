package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"parley/app/domain/org"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// widgetSite is what a website's widget is told of how it looks.
type widgetSite struct {
	Greeting string            `json:"greeting"`
	CSS      map[string]string `json:"css"`
	Preview  bool              `json:"typing_preview"`
}

func widgetSiteOf(t *testing.T, s *serve.Server, o testkit.Org, key string) widgetSite {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.URL+"/widget/v1/site?key="+key, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://shop.example")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Website widgetSite `json:"website"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	return answer.Website
}

// TestInheritedSettings shows that what a manager sets for the organization is what the widget of a website gets that does not set
// it, that a customer and a website can set their own, that each page says where a value comes from, and that it can be inherited
// again.
func TestInheritedSettings(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	website, err := s.Org.AddWebsite(ctx, owner, o.Customer, org.WebsiteInput{Name: "A new shop", Host: "shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Org.GetWebsite(ctx, owner, website)
	if err != nil {
		t.Fatal(err)
	}
	m := logInToManagement(t, s, o, access.Owner)
	first, page := "/admin/websites/"+website.String(), "/admin/websites/"+website.String()+"/widget"
	customer := "/admin/customers/" + o.Customer.String() + "/settings"
	save := func(path string, pairs ...string) {
		t.Helper()
		if status, page := m.post(path, pairs...); status != http.StatusOK {
			t.Fatalf("%s %q: %d %s", path, pairs, status, page)
		}
	}
	expect := func(greeting, color string) {
		t.Helper()
		site := widgetSiteOf(t, s, o, w.Key)
		if site.Greeting != greeting || site.CSS["--accent"] != color {
			t.Errorf("the widget has the greeting “%s” and the color “%s”, not “%s” and “%s”", site.Greeting, site.CSS["--accent"], greeting, color)
		}
	}
	shows := func(path string, texts ...string) {
		t.Helper()
		page := m.get(path)
		for _, text := range texts {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not show %q", path, text)
			}
		}
	}
	expect("Hello! How can we help you?", "")

	save("/admin/settings/greetings", "greeting", "Welcome to us")
	save("/admin/settings/look", "colored", "on", "color", "#112233", "typing_preview", "on")
	expect("Welcome to us", "#112233")
	if !widgetSiteOf(t, s, o, w.Key).Preview {
		t.Error("the website does not inherit the typing preview")
	}
	shows(first, "Welcome to us", "Inherited from the organization")
	shows(page, "#112233", "Inherited from the organization", "Default")
	shows("/admin/settings", "Set for the organization", `name="inherit-color"`)

	save(customer+"/look", "colored", "on", "color", "#445566", "typing_preview", "on")
	expect("Welcome to us", "#445566")
	shows(page, "Inherited from customer Customer of "+o.Name)

	save(first, "name", "A new shop", "greeting", "Our own", "typing_preview", "on")
	save(page+"/look", "colored", "on", "color", "#778899")
	expect("Our own", "#778899")
	shows(first, "Set for this website", `name="inherit-greeting"`)
	shows(page, "Set for this website", `name="inherit-color"`, "inherited from customer Customer of "+o.Name+": “#445566”")

	// What is refused is there again, with the boxes.
	m.checkRefused(page+"/look", []string{"colored", "on", "color", "#778899", "x", "far", "inherit-color", "on"}, `value="far"`, `name="inherit-color" value="on" checked`)
	m.checkRefused(customer+"/files", []string{"files", "on", "sort-pdf", "on", "files_mb", "51"}, `value="51"`, "from 1 to 50")

	// Whatever stands in a field that is to be inherited again does not count.
	save(page+"/look", "colored", "on", "color", "#778899", "inherit-color", "on")
	save(first, "name", "A new shop", "greeting", "Our own", "typing_preview", "on", "inherit-greeting", "on")
	expect("Welcome to us", "#445566")
	save(customer+"/look", "typing_preview", "on", "inherit-color", "on")
	expect("Welcome to us", "#112233")
	save("/admin/settings/look", "colored", "on", "color", "#112233", "inherit-color", "on", "inherit-typing_preview", "on")
	save("/admin/settings/greetings", "greeting", "Welcome to us", "inherit-greeting", "on")
	expect("Hello! How can we help you?", "")
}
