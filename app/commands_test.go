package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/traffic"
	"parley/app/web"
)

// Asking a command for help prints it and does nothing; what is not understood does nothing either.
func TestHelpDoesNothing(t *testing.T) {
	t.Parallel()
	for name := range commands {
		for _, args := range [][]string{{name, "--help"}, {name, "-h"}, {name, "help"}, {"help", name}, {"--help", name}} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			var out bytes.Buffer
			if err := run(ctx, args, &out); err != nil || !strings.Contains(out.String(), "parley "+name) || ctx.Err() != nil {
				t.Errorf("%v: %v %.200q", args, err, out.String())
			}
			cancel()
		}
		for _, args := range [][]string{{name, "--dance"}, {name, "one", "two", "three", "four"}} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if err := run(ctx, args, &bytes.Buffer{}); (err == nil || ctx.Err() != nil) && !(name == "suggest" && len(args) > 2) {
				t.Errorf("%v is understood: %v", args, err)
			}
			cancel()
		}
		if !strings.Contains(help, "parley "+name) && name != "bench-serve" {
			t.Errorf("the help does not name %s", name)
		}
	}
	for _, asked := range []string{"version", "--version", "-v"} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{asked}, &out); err != nil || !strings.Contains(out.String(), "migrations up to 0") {
			t.Errorf("%s: %v %q", asked, err, out.String())
		}
	}
}

func TestMisspelt(t *testing.T) {
	t.Parallel()
	for pair, says := range map[string]string{
		"DATABASE_ULR=x": "DATABASE_URL is one", "DATABASEURL=x": "DATABASE_URL is one", "database_url=x": "DATABASE_URL is one", "PARLEY_PORT=1": "PORT is one",
		"PARLEY_SOMETHING=x": "no such setting", "SMTP_PASWORD=x": "SMTP_URL", "SECRET_KEYS=x": "SECRET_KEY is one", "LIMIT=x": "LIMITS is one",
		"STORAGE-LIMITS=x": "STORAGE_LIMITS is one", "SIGN_UP=open": "SIGNUP is one", "REDIS_URI=x": "REDIS_URL is one", "TRUSTED_PROXY=x": "TRUSTED_PROXIES",
		"LOGLEVEL=debug": "LOG is the setting", "LOG_LEVEL=debug": "LOG is the setting", "log_level=debug": "LOG is the setting", "PARLEY_LOG_LEVEL=debug": "LOG is the setting", "LOGS=json": "LOG is one", "LOG_FORMAT=json": "LOG is the setting",
		"PARLEYPORT=1": "PORT is one", "TRUSTEDPROXIES=x": "TRUSTED_PROXIES is one", "SMTPHOST=x": "SMTP_URL", "D_A_T_A_DIR=x": "DATA_DIR is one", "LOG_ROTATE=x": "said by LOG", "LOGNAME=olga": "", "LOGO=x": "",
		"PATH=/bin": "", "HOME=/": "", "LANG=C": "", "DATABASE_URL=x": "", "HOST=x": "", "EDITOR=vi": "", "PWD=/": "", "GOPATH=x": "", "TZ=UTC": "",
		"KUBERNETES_PORT=x": "", "XDG_DATA_DIRS=x": "", "COLUMNS=80": "", "PS1=x": "", "SMTP_PASWORD=": "",
	} {
		list := misspelt([]string{pair})
		if says == "" && len(list) > 0 || says != "" && (len(list) != 1 || !strings.Contains(list[0].problem, says)) {
			t.Errorf("%s: %v", pair, list)
		}
	}
}

// The doctor finds what is wrong, says what to do, and says nothing of the rest.
func TestDoctor(t *testing.T) {
	t.Parallel()
	app, owner := apptest.URLs(t)
	redis, _, _ := apptest.Redis(t)
	smtp, _ := apptest.MailServer(t, 0)
	s := serveTest(t, nil)
	dir := t.TempDir()
	sound := []string{"DATABASE_URL=" + app, "REDIS_URL=" + redis, "SMTP_URL=" + smtp, "SECRET_KEY=" + testSecret, "DATA_DIR=" + dir, "PUBLIC_URL=" + s.url, "FILES_URL=" + dir + "/files"}
	ask := func(environment ...string) map[string][]finding {
		t.Helper()
		var out bytes.Buffer
		err := doctor(t.Context(), environment, true, &out)
		var list []finding
		if bad := json.Unmarshal(out.Bytes(), &list); bad != nil {
			t.Fatal(bad)
		}
		found := map[string][]finding{}
		broken := false
		for _, f := range list {
			found[f.Check] = append(found[f.Check], f)
			broken = broken || f.State == failed
			if f.State == failed && f.Do == "" && !strings.Contains(f.Says, "create role") {
				t.Errorf("%s fails without a word about what to do: %s", f.Check, f.Says)
			}
			if strings.Contains(f.Says+f.Do, "a secret password") {
				t.Errorf("%s tells a password: %s", f.Check, f.Says)
			}
		}
		if broken != (err != nil) {
			t.Errorf("failed: %v, and the error is %v", broken, err)
		}
		return found
	}
	state := func(list []finding) string {
		for _, s := range []string{failed, warning, fine} {
			if slices.ContainsFunc(list, func(f finding) bool { return f.State == s }) {
				return s
			}
		}
		return skipped
	}
	all := ask(sound...)
	for _, check := range []string{"settings", "bus", "mail", "public address", "disk"} {
		if state(all[check]) != fine {
			t.Errorf("%s: %+v", check, all[check])
		}
	}
	if state(all["database"]) == failed { // the test cluster trades safety for speed, which is a warning
		t.Errorf("database: %+v", all["database"])
	}
	if state(all["files"]) == failed {
		t.Errorf("files: %+v", all["files"])
	}
	file := filepath.Join(dir, "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ setting, check string }{
		{"DATABASE_ULR=x", "settings"}, {"SIGNUP=perhaps", "settings"}, {"DATABASE_URL=postgres://parley:a%20secret%20password@127.0.0.1:1/parley", "database"},
		{"DATABASE_URL=" + owner, "database"}, {"DATABASE_URL=" + apptest.SuperURL(t), "database"}, {"REDIS_URL=redis://:a%20secret%20password@127.0.0.1:1", "bus"},
		{"SMTP_URL=smtp://u:a%20secret%20password@127.0.0.1:1?from=a@b.example", "mail"}, {"FILES_URL=" + file, "files"},
		{"FILES_URL=s3://key:a%20secret%20password@127.0.0.1:1/bucket?insecure=1&region=x", "files"}, {"CLAMD=127.0.0.1:1", "virus scanner"},
		{"PUBLIC_URL=http://127.0.0.1:1", "public address"}, {"GEOIP_FILE=" + file, "countries"}, {"DATA_DIR=" + file, "disk"},
	} {
		if found := ask(append(slices.Clone(sound), c.setting)...); state(found[c.check]) != failed {
			t.Errorf("with %s: %+v", c.setting, found[c.check])
		}
	}
}

// A fresh installation lets nobody sign up. The operator makes its first organization, and may invite to more.
func TestSignUpIsClosed(t *testing.T) {
	t.Parallel()
	app, _ := apptest.URLs(t)
	ctx := t.Context()
	for _, mode := range []string{"", web.SignUpInvite} {
		smtp, letters := apptest.MailServer(t, 0)
		s := serveTest(t, func(c *config) { c.SignUp, c.SMTPURL = mode, smtp })
		b := newAlternating(t)
		code, page := b.get(s, "/signup")
		if code != http.StatusOK || strings.Contains(page, "<form") || !strings.Contains(page, "whoever runs this server") {
			t.Errorf("%q: the page: %d %.300s", mode, code, page)
		}
		if _, page := b.get(s, "/login"); strings.Contains(page, "/signup") {
			t.Errorf("%q: the log-in page leads to /signup", mode)
		}
		if code, _ := fromOffice(t, s, "/signup", "203.0.113.50", map[string][]string{"organization": {"O"}, "name": {"N"}, "email": {"n@o.example"}}); code != http.StatusForbidden {
			t.Errorf("%q: the form is answered with %d", mode, code)
		}
		cfg := config{DatabaseURL: app, SecretKey: testSecret, PublicURL: s.url, SMTPURL: smtp, SignUp: mode, DataDir: t.TempDir()}
		name := "Founded " + o4(t)
		email := strings.ToLower(strings.ReplaceAll(name, " ", "-")) + "@founded.example"
		var out bytes.Buffer
		if err := newOrganization(ctx, cfg, []string{name, email}, &out); err != nil {
			t.Fatal(err)
		}
		link := regexp.MustCompile(`/reset/\S+`).FindString(receive(t, letters).Text)
		b.post(s, link, "password", apptest.Password)
		if code, page := b.get(s, "/admin/organization"); code != http.StatusOK || !strings.Contains(page, name) {
			t.Errorf("%q: the new owner: %d %.300s %s", mode, code, page, out.String())
		}
		err := inviteOrganization(ctx, cfg, []string{name + " too", "other-" + email}, &out)
		if mode == "" {
			if err == nil || !strings.Contains(err.Error(), "SIGNUP") {
				t.Errorf("an invitation where it would be refused: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		other := newAlternating(t)
		other.post(s, regexp.MustCompile(`/signup/\S+`).FindString(receive(t, letters).Text), "password", apptest.Password)
		if code, page := other.get(s, "/admin/organization"); code != http.StatusOK || !strings.Contains(page, name+" too") {
			t.Errorf("who was invited: %d %.300s", code, page)
		}
	}
}

func o4(t testing.TB) string { return apptest.NewOrg(t).Name }

// Refused log-ins are in the log, with account, address and reason, never with a password, and not without bound; refusals, requests by
// route, mails and waits are metrics.
func TestRefusedLogInsAreLogged(t *testing.T) {
	var mu sync.Mutex
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(writer(func(b []byte) { mu.Lock(); out.Write(b); mu.Unlock() }), nil)))
	defer slog.SetDefault(before)
	o := apptest.NewOrg(t)
	s := serveTest(t, func(c *config) { c.AdminAddr = "127.0.0.1:0"; c.Identity.FailuresAccountAddress = 3 })
	owner := o.Users[access.Owner].Email
	try := func(email string) {
		fromOffice(t, s, "/login", "203.0.113.60", map[string][]string{"email": {email}, "password": {"a wrong password that is secret"}})
	}
	try(owner)
	try("nobody@" + o.Name + ".example")
	for range 4 {
		try(owner)
	}
	s.identity.Wait()
	mu.Lock()
	text := out.String()
	mu.Unlock()
	for _, want := range []string{`"account":"` + owner + `","address":"203.0.113.60","reason":"wrong password"`,
		`"account":"nobody@` + o.Name + `.example","address":"203.0.113.60","reason":"no such account"`, `"account":"` + owner + `","address":"203.0.113.60","reason":"too many attempts"`} {
		if !strings.Contains(text, want) {
			t.Errorf("not in the log: %s\n%.2000s", want, text)
		}
	}
	if strings.Contains(text, "that is secret") {
		t.Error("a password is in the log")
	}
	// A visitor waits, and is taken.
	agent, err := traffic.LogIn(t.Context(), s.url, o.Users[access.Agent].Email, apptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	if err := agent.Take(t.Context(), v.conversation); err != nil {
		t.Fatal(err)
	}
	_, metrics := newAlternating(t).do(http.NewRequest(http.MethodGet, "http://"+s.adminAt+"/metrics", nil))
	for _, want := range []string{`parley_logins_refused_total{reason="wrong password"} 3`, `parley_logins_refused_total{reason="too many attempts"} 2`,
		`parley_http_seconds_count{code="4xx",method="POST",route="/login"} 6`, `parley_http_seconds_count{code="3xx",method="POST",route="/login"} 1`,
		`parley_http_seconds_count{code="2xx",method="POST",route="/desk/conversations/:id/take"} 1`, `parley_queue_seconds_count{by="picked"} 1`,
		"parley_mails_sent_total 0", `parley_mails_failed_total{then="lost"} 0`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("not among the metrics: %s", want)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(metrics) {
			if strings.HasPrefix(line, "parley_logins") || strings.Contains(line, "_count{") && (strings.Contains(line, "login") || strings.Contains(line, "take") || strings.HasPrefix(line, "parley_queue")) {
				t.Log(line)
			}
		}
	}
}
