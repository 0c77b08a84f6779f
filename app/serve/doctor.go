package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"parley/app/domain/files"
	"parley/app/platform/bus"
	"parley/app/platform/geo"
	"parley/app/platform/mail"
	"parley/app/platform/pg"
	"parley/app/platform/push"
)

// checkTimeout is how long one check may take.
const checkTimeout = 15 * time.Second

// Finding is what a check of the doctor has found.
type Finding struct {
	Check   string `json:"check"`
	State   string `json:"state"` // ok, warning, failed, or skipped
	Message string `json:"says"`
	Advice  string `json:"do,omitempty"` // what to do about it
}

// States of a finding.
const (
	StateOK      = "ok"
	StateWarning = "warning"
	StateFailed  = "failed"
	StateSkipped = "skipped"
)

func passed(format string, args ...any) Finding {
	return Finding{State: StateOK, Message: fmt.Sprintf(format, args...)}
}
func failure(err error, do string) Finding {
	return Finding{State: StateFailed, Message: err.Error(), Advice: do}
}
func caution(says, do string) Finding { return Finding{State: StateWarning, Message: says, Advice: do} }
func notUsed(says string) Finding     { return Finding{State: StateSkipped, Message: says} }

// Diagnose checks the settings in an environment and what they name, and prints what it finds. The error says that something failed.
func Diagnose(ctx context.Context, environment []string, asJSON bool, out io.Writer) error {
	env := map[string]string{}
	for _, pair := range environment {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	list := runChecks(ctx, environment, func(name string) string { return env[name] })
	failures := 0
	for _, f := range list {
		if f.State == StateFailed {
			failures++
		}
	}
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(list); err != nil {
			return err
		}
	} else {
		for _, f := range list {
			fmt.Fprintf(out, "%-8s %-16s %s\n", f.State, f.Check, strings.ReplaceAll(f.Message, "\n", "\n                          "))
			if f.Advice != "" {
				fmt.Fprintf(out, "%-25s %s\n", "", strings.ReplaceAll(f.Advice, "\n", "\n                          "))
			}
		}
	}
	if failures > 0 {
		return fmt.Errorf("%d of %d checks failed", failures, len(list))
	}
	return nil
}

// runChecks runs the checks, those that need nothing of each other at the same time.
func runChecks(ctx context.Context, environment []string, env func(string) string) (list []Finding) {
	add := func(check string, all ...Finding) {
		for _, f := range all {
			f.Check = check
			list = append(list, f)
		}
	}
	names := findMisspellings(environment)
	for _, w := range names {
		if w.certain {
			add("settings", failure(errors.New(w.name+": "+w.problem), "Correct the name, or remove it: it has no effect."))
		} else {
			add("settings", caution(w.name+": "+w.problem, "Remove it if it is meant for Parley: it has no effect."))
		}
	}
	cfg, err := ReadConfig(env)
	if err == nil {
		err = cfg.CheckServe()
	}
	if err != nil {
		add("settings", failure(err, "Correct the setting; a server does not start with it. The checks below use what can be read."))
	} else if len(names) == 0 {
		add("settings", passed("understood"))
	}
	checks := []struct {
		name string
		run  func(context.Context) []Finding
	}{
		{"database", cfg.checkDatabase},
		{"direct database", cfg.checkDirectDatabase},
		{"bus", cfg.checkBus},
		{"files", cfg.checkFiles},
		{"virus scanner", cfg.checkScanner},
		{"mail", cfg.checkMail},
		{"public address", cfg.checkPublicAddress},
		{"sign-up", func(context.Context) []Finding { return []Finding{passed("%s", cfg.signUpMode())} }},
		{"web push", cfg.checkPush},
		{"countries", cfg.checkCountries},
		{"disk", cfg.checkDisk},
		{"open files", cfg.checkOpenFiles},
	}
	found := make([][]Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			done := make(chan []Finding, 1)
			go func() { done <- c.run(ctx) }()
			select {
			case found[i] = <-done:
			case <-time.After(checkTimeout + time.Second): // what does not look at ctx
				found[i] = []Finding{failure(errors.New("no answer within 15 seconds"), "See whether a firewall drops the packets.")}
			}
		})
	}
	all.Wait()
	for i, c := range checks {
		add(c.name, found[i]...)
	}
	return list
}

// briefError is an error that a person can read: pgx says the whole address, which is known.
func briefError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer within 15 seconds")
	}
	text := err.Error()
	if _, after, cut := strings.Cut(text, "failed to connect to `"); cut {
		if _, why, ok := strings.Cut(after, "`: "); ok {
			text = strings.TrimSpace(strings.ReplaceAll(why, "\n\t", "; "))
		}
	}
	return errors.New(text)
}

func (c Config) checkDatabase(ctx context.Context) (list []Finding) {
	at := c.DatabaseURL
	if at == "" {
		app, _, running := pg.FindRunningCluster(c.DataDir)
		if !running {
			return []Finding{notUsed("a private Postgres in " + c.DataDir + " is used, and no server runs that could be asked; start it and run this again to check it")}
		}
		at = app
	}
	db, err := pg.OpenPooled(ctx, at, c.DirectURL)
	if err == nil {
		defer db.Close()
		err = db.Ping(ctx)
	}
	if err != nil {
		return []Finding{failure(briefError(err), "Check host, port, database, user and password in DATABASE_URL, and that Postgres admits this machine (pg_hba.conf).")}
	}
	f, err := db.ServerInfo(ctx)
	if err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_URL.")}
	}
	list = append(list, passed("%s as %s, Postgres %s", withoutPassword(at), f.Role, f.Version))
	if f.VersionNumber < 150000 {
		list = append(list, failure(fmt.Errorf("postgres %s is too old", f.Version), "Use Postgres 15 or newer."))
	}
	if !f.Durable {
		list = append(list, caution("synchronous_commit is off: messages that were acknowledged can be lost when Postgres crashes", "Set synchronous_commit = on."))
	}
	if behind := f.ClockBehind; behind.Abs() > 2*time.Second {
		list = append(list, failure(fmt.Errorf("the clock of this machine is %v %s that of the database", behind.Abs().Round(time.Second),
			map[bool]string{true: "behind", false: "ahead of"}[behind > 0]), "Set both clocks by NTP: times of messages, tokens and log-ins depend on them."))
	} else {
		list = append(list, passed("the clocks agree"))
	}
	if err := db.CheckRole(ctx); err != nil {
		list = append(list, failure(err, ""))
	} else {
		list = append(list, passed("row-level security binds the role"))
	}
	list = append(list, checkMigrations(ctx, db))
	if pooled, err := db.IsPooled(ctx); err == nil && pooled && c.DirectURL == "" {
		list = append(list, failure(errors.New("DATABASE_URL leads to a pooler"), "If it pools by transactions (PgBouncer's pool_mode = transaction), set DATABASE_DIRECT_URL to the address of Postgres itself."))
	}
	return list
}

func checkMigrations(ctx context.Context, db *pg.DB) Finding {
	all, err := db.Migrations(ctx)
	if err != nil {
		return failure(briefError(err), `Run "parley migrate".`)
	}
	var missing, unknown []string
	for _, m := range all {
		switch {
		case !m.Known:
			unknown = append(unknown, m.Name)
		case !m.Applied:
			missing = append(missing, m.Name)
		}
	}
	switch {
	case len(missing) > 0:
		return failure(fmt.Errorf("not applied yet: %s", strings.Join(missing, ", ")), `Run "parley migrate" of this version before its servers start.`)
	case len(unknown) > 0:
		return caution("the database has migrations that this program does not know: "+strings.Join(unknown, ", "),
			"A newer version has migrated it. That is usual during an update; otherwise run the newer version.")
	}
	return passed("migrations are up to date")
}

func (c Config) checkDirectDatabase(ctx context.Context) []Finding {
	if c.DirectURL == "" {
		return []Finding{notUsed("not set: DATABASE_URL leads to Postgres itself")}
	}
	db, err := pg.OpenPooled(ctx, c.DatabaseURL, c.DirectURL)
	if err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_DIRECT_URL.")}
	}
	defer db.Close()
	direct, err := pg.Open(ctx, c.DirectURL)
	if err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_DIRECT_URL.")}
	}
	defer direct.Close()
	if pooled, err := direct.IsPooled(ctx); err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_DIRECT_URL.")}
	} else if pooled {
		return []Finding{failure(errors.New("DATABASE_DIRECT_URL leads to a pooler, too"), "Set it to the address of Postgres itself.")}
	}
	here, err := db.ServerInfo(ctx)
	there, err2 := direct.ServerInfo(ctx)
	if err = errors.Join(err, err2); err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_URL and DATABASE_DIRECT_URL.")}
	}
	if here.Role != there.Role || here.Database != there.Database {
		return []Finding{failure(fmt.Errorf("DATABASE_URL is role %s in database %s, DATABASE_DIRECT_URL role %s in database %s", here.Role, here.Database, there.Role, there.Database),
			"Both must name the same role and database.")}
	}
	return []Finding{passed("%s", withoutPassword(c.DirectURL))}
}

func (c Config) checkBus(ctx context.Context) []Finding {
	if c.RedisURL != "" {
		if err := bus.CheckRedis(ctx, c.RedisURL); err != nil {
			return []Finding{failure(briefError(err), "Check REDIS_URL (redis://user:password@host:6379, rediss:// with TLS), and that the user may publish and subscribe.")}
		}
		return []Finding{passed("Redis at %s carries notifications", withoutPassword(c.RedisURL))}
	}
	if c.DatabaseURL == "" {
		return []Finding{notUsed("one server with a private Postgres needs none")}
	}
	db, err := pg.OpenPooled(ctx, c.DatabaseURL, c.DirectURL)
	if err != nil {
		return []Finding{failure(briefError(err), "Mend the database first.")}
	}
	defer db.Close()
	if err := db.CheckNotifications(ctx); err != nil {
		return []Finding{failure(fmt.Errorf("a notification did not come back: %w", briefError(err)),
			"Behind a pooler, set DATABASE_DIRECT_URL to the address of Postgres itself, or use REDIS_URL.")}
	}
	return []Finding{passed("Postgres carries notifications")}
}

func (c Config) checkFiles(ctx context.Context) []Finding {
	at := c.filesURL()
	if err := files.CheckStore(ctx, at); err != nil {
		do := "The user that Parley runs as must be able to write there."
		if strings.HasPrefix(at, "s3://") {
			do = "Check key, secret, host, bucket and region in FILES_URL, that the bucket exists, and that the key may put, get and delete objects in it."
		}
		return []Finding{failure(briefError(err), do)}
	}
	list := []Finding{passed("%s can be written and read", files.DescribeStore(at))}
	if c.DatabaseURL != "" && !strings.HasPrefix(at, "s3://") {
		list = append(list, caution("files are in a folder of this machine: other servers do not have them", "With several servers set FILES_URL to an S3-compatible storage."))
	}
	return list
}

func (c Config) checkScanner(ctx context.Context) []Finding {
	if c.Clamd == "" {
		return []Finding{notUsed("CLAMD is not set: files are not scanned")}
	}
	if err := files.CheckScanner(ctx, c.Clamd); err != nil {
		return []Finding{failure(briefError(err), "Check that clamd listens on a TCP port (TCPSocket, TCPAddr in clamd.conf) that CLAMD names. Until then no file is taken.")}
	}
	return []Finding{passed("clamd at %s finds the test virus", c.Clamd)}
}

func (c Config) checkMail(ctx context.Context) []Finding {
	if c.SMTPURL == "" {
		return []Finding{caution("SMTP_URL is not set: links are shown instead of sent, addresses prove nothing, and visitors get no mail", "Set SMTP_URL for real use.")}
	}
	m, err := mail.NewMailer(c.SMTPURL)
	if err == nil {
		err = m.Check(ctx)
	}
	if err != nil {
		return []Finding{failure(briefError(err), "Check host, port, user and password in SMTP_URL (smtps:// where TLS begins at once, usually port 465); characters such as @ or / in the password are written %40, %2F.")}
	}
	return []Finding{passed("the mail server takes the log-in (no mail was sent)")}
}

func (c Config) checkPublicAddress(ctx context.Context) []Finding {
	if c.PublicURL == "" {
		return []Finding{caution("PUBLIC_URL is not set: links in mails lead to localhost", "Set PUBLIC_URL to how browsers reach this server.")}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(path string, headers ...string) (int, string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.PublicURL+path, nil)
		if err != nil {
			return 0, "", err
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := client.Do(req)
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(io.LimitReader(res.Body, 2000))
		return res.StatusCode, string(body), err
	}
	code, body, err := ask("/healthz")
	if err != nil {
		return []Finding{failure(briefError(err), "Check the name (DNS), the certificate, and that the proxy runs. Behind some networks a machine cannot reach its own public address; then ask from elsewhere.")}
	}
	if code != http.StatusOK || body != "alive\n" {
		return []Finding{failure(fmt.Errorf("%s/healthz answers %d, and not as Parley does", c.PublicURL, code), "Check PUBLIC_URL, that a server runs, and that the proxy passes everything on to it.")}
	}
	list := []Finding{passed("%s reaches Parley", c.PublicURL)}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		list = append(list, caution("PUBLIC_URL begins with http: passwords and conversations can be read on the way", "Serve it by https."))
	}
	// This address speaks WebSocket only, and says so to whoever does not ask for one; strangers are refused only after that.
	_, body, err = ask("/live/desk", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Origin", c.PublicURL)
	switch {
	case err != nil:
		list = append(list, failure(briefError(err), "Check that the proxy lets WebSockets through."))
	case strings.Contains(body, "speaks WebSocket only"):
		list = append(list, failure(errors.New("the proxy does not pass WebSockets on"), "Pass the headers Upgrade and Connection on, with HTTP/1.1 (see docs/deploy.md)."))
	case strings.Contains(body, "own pages only"):
		list = append(list, failure(errors.New("the server that answers has another PUBLIC_URL"), "Set PUBLIC_URL alike on every server."))
	default:
		list = append(list, passed("WebSockets come through"))
	}
	return list
}

func (c Config) checkPush(context.Context) []Finding {
	if c.PushKeys == (push.Keys{}) {
		return []Finding{notUsed("no keys are set: agents are not told while no desk is open")}
	}
	if _, err := push.New(c.PushKeys); err != nil {
		return []Finding{failure(err, "Make a new pair with: parley vapid")}
	}
	return []Finding{passed("the keys are understood")}
}

func (c Config) checkCountries(context.Context) []Finding {
	if c.GeoFile == "" {
		return []Finding{notUsed("GEOIP_FILE is not set")}
	}
	if _, err := geo.Open(c.GeoFile); err != nil {
		return []Finding{failure(err, "Set GEOIP_FILE to a country file in MaxMind's format (.mmdb) that Parley may read.")}
	}
	return []Finding{passed("the file is understood")}
}

func (c Config) checkDisk(context.Context) []Finding {
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return []Finding{failure(err, "Uploads are received in DATA_DIR: set it to a folder that Parley may write to.")}
	}
	probe, err := os.CreateTemp(c.DataDir, "doctor-*")
	if err != nil {
		return []Finding{failure(err, "Uploads are received in DATA_DIR: set it to a folder that Parley may write to.")}
	}
	probe.Close()
	os.Remove(probe.Name())
	free, err := freeBytes(c.DataDir)
	if err != nil {
		return []Finding{caution(err.Error(), "")}
	}
	switch mb := free >> 20; {
	case free < minFreeBytes:
		return []Finding{failure(fmt.Errorf("%d MB are free in %s", mb, c.DataDir), "Free space on the disk or make it larger: files cannot be received, and a private Postgres cannot store.")}
	case mb < 1024:
		return []Finding{caution(fmt.Sprintf("only %d MB are free in %s", mb, c.DataDir), "Free space on the disk or make it larger.")}
	default:
		return []Finding{passed("%d GB are free in %s", mb>>10, c.DataDir)}
	}
}

func (c Config) checkOpenFiles(context.Context) []Finding {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return []Finding{caution(err.Error(), "")}
	}
	if limit.Cur < 4096 {
		return []Finding{caution(fmt.Sprintf("a process may open %d files: that bounds the visitors", limit.Cur), "Raise it for the service, for instance: ulimit -n 65536 (LimitNOFILE in systemd).")}
	}
	return []Finding{passed("%d: room for %d visitors' sockets", min(limit.Cur, 10_000_000), c.Limits.AllSockets)}
}
