package e2e

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/app/front/live"
	"parley/app/front/web"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// startBehindNetwork starts a server whose connection to the database can be cut.
func startBehindNetwork(t *testing.T) (*serve.Server, *brokenNetwork) {
	t.Helper()
	app, _ := testkit.DatabaseURLs(t)
	u, err := url.Parse(app)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	way := newNetwork(t, q.Get("host")+"/.s.PGSQL."+q.Get("port"))
	q.Set("host", "127.0.0.1")
	q.Set("port", way.url[strings.LastIndex(way.url, ":")+1:])
	u.RawQuery = q.Encode()
	return startServer(t, func(c *serve.Config) { c.DatabaseURL = u.String() }), way
}

// statusWithoutDatabase lists requests that are answered without a database as with one: they need none, or are
// refused before.
var statusWithoutDatabase = map[string]int{
	"GET /healthz":                          200,
	"GET /readyz":                           503,
	"GET /static/:hash/:name":               404,
	"GET /manifest.webmanifest":             200,
	"GET /worker.js":                        200,
	"GET /demo/shop":                        404,
	"GET /":                                 303,
	"GET /login":                            303,
	"POST /login/organization":              303,
	"GET /signup":                           200,
	"POST /signup":                          422,
	"GET /forgot":                           200,
	"GET /live/desk":                        422,
	"GET /live/monitor":                     422,
	"GET /live/websites/:id":                422,
	"POST /desk/status":                     422,
	"POST /desk/push":                       422,
	"GET /faq/import":                       200,
	"POST /faq/import":                      422,
	"GET /admin/organization":               200,
	"POST /admin/organization":              422,
	"POST /admin/websites/:id/widget/:part": 403,
	"GET /widget.js":                        200,
	"GET /widget.css":                       200,
	"GET /widget/:file":                     404,
	"GET /widget/v1/socket":                 422,
	"POST /widget/v1/frames":                422,
	"POST /widget/v1/return":                422,
	"OPTIONS /widget/v1/files":              204,
	"POST /widget/v1/files":                 401,
	"GET /widget/v1/files/:link/:name":      404,
}

// TestDatabaseOutage shows that while the database is away every request is answered with when to try again, or
// served without it: never with an internal error, and never with something untrue, such as that a thing does not
// exist.
func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, way := startBehindNetwork(t)
	a := collectIDs(t, s)
	owner, err := traffic.LogIn(ctx, s.URL, a.Users[access.Owner].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	desk, _, err := owner.Socket(ctx, "/live/desk")
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	panel := openRaw(t, s, a.Org, "")
	panel.send(`{"type":"hello","protocol":1}`)
	panel.next()
	late := openRaw(t, s, a.Org, "")
	token := visitor.NewTokens(testSecret).Sign(a.visitor, time.Now())
	way.setCut(true)
	defer way.setCut(false)

	checkRoutesInOutage(t, s, a, owner)
	// What was typed into a form can be sent again; a password is in no page.
	if _, _, body := request(t, owner, http.MethodPost, s.URL+"/admin/tags", url.Values{"name": {"Typed <before>"}}); !strings.Contains(body, `value="Typed &lt;before&gt;"`) || !strings.Contains(body, "Try again") {
		t.Errorf("a form is lost: %s", body)
	}
	if _, _, body := request(t, nil, http.MethodPost, s.URL+"/login", url.Values{
		"email":    {"anna@home.example"},
		"password": {"a secret of hers"},
	}); strings.Contains(body, "a secret of hers") {
		t.Errorf("a page shows a password: %s", body)
	}

	// An upload, and a poll.
	req, err := http.NewRequest(http.MethodPost,
		s.URL+"/widget/v1/files?key="+a.Key+"&id="+uuid.NewString()+"&name=a.txt", strings.NewReader("Text"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://shop.example")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("an upload: %d", res.StatusCode)
	}
	hello := map[string]any{"type": "hello", "protocol": 1, "token": token}
	if status, got := frames(t, s, a.Org, 0, hello); status != 200 && status != http.StatusTooManyRequests ||
		status == 200 && (got[0].Type != "refused" || got[0].Code != "busy") {
		t.Errorf("a poll: %d %+v", status, got)
	}

	checkPanelInOutage(t, a, panel, late, token)

	// A desk that connects is told, and reconnects.
	if err := desk.WriteJSON(map[string]any{"type": "hello", "threads": map[string]int{}}); err != nil {
		t.Fatal(err)
	}
	log := recordFrames("a desk", desk)
	log.until(t, "Parley is busy. Try again in")
}

// checkRoutesInOutage checks what each address answers while the database is away.
func checkRoutesInOutage(t *testing.T, s *serve.Server, a ids, owner *traffic.Agent) {
	t.Helper()
	for _, r := range web.Routes {
		name := r.Method + " " + r.Path
		c := routeCases[name]
		who := owner
		if c.stranger {
			who = nil
		}
		var code int
		var body, after string
		form := url.Values{}
		if c.form != nil {
			form = c.form(a)
		}
		code, after, body = request(t, who, r.Method, s.URL+c.path(a), form)
		switch {
		case code == http.StatusTooManyRequests && after != "" && !strings.Contains(body, "went wrong"):
		case statusWithoutDatabase[name] == code:
		default:
			t.Errorf("%s: %d, Retry-After %q: %.200s", name, code, after, body)
		}
	}
}

// checkPanelInOutage checks that every frame of a panel that is answered says to try again.
func checkPanelInOutage(t *testing.T, a ids, panel, late *rawSocket, token string) {
	t.Helper()
	// Every frame of a panel that is answered, and hello.
	busy := func(frame string) {
		t.Helper()
		if !strings.Contains(frame, `"code":"busy"`) || !strings.Contains(frame, `"retry":`) || strings.Contains(frame, "went wrong") {
			t.Errorf("answered with %s", frame)
		}
	}
	late.send(`{"type":"hello","protocol":1,"token":"` + token + `"}`)
	busy(late.next())
	panels, _ := live.FrameTypes()
	for _, name := range panels {
		switch name {
		case "hello", "about", "seen", "typing", "transcript": // not answered; or refused before, where nothing is mailed
			continue
		}
		panel.send(
			`{"type":"` + name + `","id":"` + uuid.NewString() + `","conversation":"` + a.conversation.String() + `","text":"Hello","email":"anna@home.example","value":5}`)
		busy(panel.next())
	}
}

func request(t testing.TB, who *traffic.Agent, method, address string, form url.Values) (code int, after, body string) {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Origin", "https://shop.example")
	if !strings.Contains(address, "/widget/") {
		u, _ := url.Parse(address)
		req.Header.Set("Origin", "http://"+u.Host)
	}
	if who != nil {
		req.Header.Set("Cookie", who.Cookie())
	}
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header.Get("Retry-After"), string(raw)
}
