package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"parley/app/assist/model"
	"parley/app/chat"
	"parley/app/faq"
	"parley/app/files"
	"parley/app/identity"
	"parley/app/jobs"
	"parley/app/live"
	"parley/app/web"
)

// config is everything that can be set, by environment only.
type config struct {
	Port          int    // 0: any free port
	PublicURL     string // without a slash at the end
	DatabaseURL   string // empty: a private cluster under DataDir
	DirectURL     string // empty: DatabaseURL leads to Postgres itself
	MigrateURL    string
	RedisURL      string
	DataDir       string
	SecretKey     string
	SMTPURL       string
	FilesURL      string // empty: a folder under DataDir
	Clamd         string // empty: files are not scanned
	Quotas        files.Quotas
	AdminAddr     string // empty: no metrics, no profiles
	LogFormat     string // text or json
	Debug         bool
	CommitWindow  time.Duration
	DrainDelay    time.Duration
	Limits        live.Limits
	Suggestions   faq.Budget
	Connections   connectionLimits
	Proxies       []*net.IPNet
	AddressHeader string
	ModelsInside  []string     // host:port of language models inside the house
	modelLimits   model.Limits // tests: shorter ones
	PushKeys      jobs.PushKeys
	GeoFile       string // empty: countries are not known
	SignUp        string // open, closed or invite; empty: closed, but for the demo
	Identity      identity.Limits
	Demo          bool // serve --demo

	letterAfter, settingsMinute time.Duration // tests: shorter ones; 0: the usual

	Keeping       chat.Keeping                      // for the bench only
	volatileStore bool                              // tests: a private cluster without fsync
	freeOnDisk    func(path string) (uint64, error) // tests: another measure; nil: the file system's
}

const help = `Parley: live chat for customer service.

  parley serve [--demo]     run the server; --demo adds demo data with fixed log-ins, for a first look
  parley migrate [--status] prepare or update the database, then end (for releases); --status only says how far it is
  parley doctor [--json]    check the settings and everything that they name: database, bus, storage, mail, public address
  parley health [--ready]   ask the server on PORT whether it is alive (or ready); for a container's health check
  parley organization NAME EMAIL  create an organization and print the link by which its owner sets a password
  parley invite NAME EMAIL  invite an address to create an organization, where SIGNUP is invite
  parley reset-link EMAIL   print a link that sets a new password for an address
  parley version            print the version of this program (also parley --version, parley -v)
  parley traffic [flags]    simulate visitors of a running server (parley traffic -h)
  parley route --stdio      decide about the conversations whose events come on standard input, a JSON object a line; without
                            a database (see app/queue/stdio.go)
  parley route --compare    simulate ten kinds of operation and compare the rule with round robin, longest idle and fewest open
  parley route --latency    print how long conversations wait in the queue while an agent is free, with a private Postgres
  parley suggest --stdio    suggest FAQ entries for messages that come on standard input, a JSON object a line; without a
                            database (see app/faq/suggest/measure/drive.go)
  parley suggest --measure DIR...  measure the suggestions on folders of entries and messages
  parley vapid              make a pair of keys for Web Push
  parley bench [flags]      print the figures of this program on this machine (parley bench -h)
  parley chaos [flags]      kill, drain and restart instances during conversations, and check that nothing is lost (parley chaos -h)
  parley help               this text; "parley COMMAND --help" describes one command, and does nothing else

Environment:
  PORT                  where to listen (8080)
  PUBLIC_URL            how browsers reach this server (http://localhost:PORT)
  DATABASE_URL          Postgres, as a role that owns nothing. Without it a private Postgres runs under DATA_DIR
  DATABASE_DIRECT_URL   the same role of the same Postgres without a pooler between, where DATABASE_URL leads to PgBouncer in
                        transaction mode: for the one connection of each server that receives the notifications of others
                        (with REDIS_URL, it only says that there is a pooler)
  MIGRATE_DATABASE_URL  Postgres, as the owner of the schema: for "parley migrate", and for "serve" to migrate at its start
  REDIS_URL             carries notifications between several servers through Redis instead of Postgres
  DATA_DIR              files of a single machine: the private Postgres, the secret key (./data)
  SECRET_KEY            signs visitors' tokens: the same on every server, at least 32 characters; with another one, visitors
                        lose access to their conversations. Without DATABASE_URL it is made once and stored under DATA_DIR. The example of
                        compose.yaml is refused where PUBLIC_URL begins with https
  SMTP_URL              sends mail: smtp://user:password@mail.example:587?from=parley@shop.example. With it, sign-ups,
                        invitations and new passwords go by links that are mailed and shown to nobody else; without it, links are
                        shown instead of sent, and an address proves nothing. &report=abuse@shop.example names the address at which
                        unwanted mails can be reported (else it is the sender's)
  SIGNUP                who can create an organization at /signup: "open" (everybody), "invite" (who was invited by
                        "parley invite") or "closed" (nobody; the default, but for the demo)
  FILES_URL             where files that are sent are stored: a folder (DATA_DIR/files), or s3://KEY:SECRET@host/bucket?region=eu-1
                        (any S3-compatible storage; needed for several servers)
  CLAMD                 host:port of a ClamAV daemon: what is sent is scanned first
  ADMIN_ADDR            where metrics (/metrics) and profiles (/debug/pprof/) are served, for instance 127.0.0.1:9090; not to be
                        reached from outside. Without it there are none
  LOG                   "text" (default) or "json"; "debug" or "json,debug" says more
  TRUSTED_PROXIES       proxies whose X-Forwarded-For is trusted: networks such as "10.0.0.0/8 2001:db8::/32", or "none".
                        Default: this machine and private networks
  CLIENT_ADDRESS_HEADER header in which a trusted proxy says the client's address, where that is not X-Forwarded-For
                        (fly.io: Fly-Client-IP)
  MODELS_INSIDE         language models inside your network that organizations may use for drafts, as "127.0.0.1:11434 llm.internal:8000";
                        others must be public and speak https
  GEOIP_FILE            a country file in MaxMind's format (.mmdb): agents see which country a visitor writes from
  VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY, VAPID_CONTACT
                        keys for Web Push and an address of yours: agents are notified of new messages while no desk is open;
                        make them with: parley vapid
  COMMIT_WINDOW         how long a message waits for others to be committed with (15ms; 0 is not at all)
  DRAIN_DELAY           how long /readyz reports "not ready" before the first connection is closed at a stop (0s); set it to what your
                        balancer needs to notice, at most 5s
  STORAGE_LIMITS        how much is stored of files that are sent: "organization=20GB website=10GB" (these are the defaults), or "off"
  SUGGESTIONS_MEMORY    megabytes that the FAQ suggestions of one organization may take, and of all (32/160). An organization with
                        more entries than fit is suggested those that were changed last; of all, those used least recently are dropped
  LIMITS                "off", or changes such as "visitor=2/20 address=30/300 website=300/3000 organization=1000/10000
                        newcomers=5/500 beginnings=1/100 requests=20/300 frames=30/200 user-requests=50/1000
                        organization-requests=300/5000 visitor-bytes=500000/100000000 address-bytes=2000000/500000000
                        address-sockets=2000 website-sockets=20000 user-sockets=20 organization-sockets=1000
                        address-connections=256 sockets=15000 staff-sockets=2000 connections=4096" (a second / at once)
                        "login-failures-address=300 login-failures-account=200 login-failures-account-address=10
                        link-failures-address=300 signups-address=20 resets-address=200 invitations=500" (in 15 minutes)
                        "mails=5000 mails-unverified=50" (of an organization, in a day).
                        These are the defaults, but for the last three, which follow from the files that this process may
                        open: visitors' sockets, open pages of teams, and HTTP connections. user-sockets and
                        organization-sockets are open pages of one team member (a further one closes the oldest) and of one
                        organization; user-requests and organization-requests are requests of teams; address-connections does
                        not count for trusted proxies
`

func readConfig(env func(string) string) (config, error) {
	c := config{Port: 8080, DatabaseURL: env("DATABASE_URL"), MigrateURL: env("MIGRATE_DATABASE_URL"), RedisURL: env("REDIS_URL"),
		AdminAddr: env("ADMIN_ADDR"), AddressHeader: env("CLIENT_ADDRESS_HEADER"), LogFormat: "text", CommitWindow: chat.DefaultWindow, DataDir: env("DATA_DIR"), SecretKey: env("SECRET_KEY"), SMTPURL: env("SMTP_URL"), PublicURL: strings.TrimRight(env("PUBLIC_URL"), "/")}
	c.ModelsInside = strings.Fields(strings.ReplaceAll(env("MODELS_INSIDE"), ",", " "))
	for _, address := range c.ModelsInside {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return c, fmt.Errorf("MODELS_INSIDE must be addresses with ports, such as 127.0.0.1:11434, not %q", address)
		}
	}
	c.DirectURL = env("DATABASE_DIRECT_URL")
	if c.DirectURL != "" && c.DatabaseURL == "" {
		return c, errors.New("DATABASE_DIRECT_URL goes with DATABASE_URL: set that, too")
	}
	switch c.SignUp = env("SIGNUP"); c.SignUp {
	case "", web.SignUpOpen, web.SignUpClosed, web.SignUpInvite:
	default:
		return c, fmt.Errorf(`SIGNUP must be "open", "closed" or "invite", not %q`, c.SignUp)
	}
	c.FilesURL, c.Clamd = env("FILES_URL"), env("CLAMD")
	c.GeoFile = env("GEOIP_FILE")
	c.PushKeys = jobs.PushKeys{Public: env("VAPID_PUBLIC_KEY"), Private: env("VAPID_PRIVATE_KEY"), Contact: env("VAPID_CONTACT")}
	if s := env("PORT"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 65535 {
			return c, fmt.Errorf("PORT must be a number from 0 to 65535, not %q", s)
		}
		c.Port = n
	}
	if c.DataDir == "" {
		c.DataDir = "data"
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" {
			return c, fmt.Errorf("PUBLIC_URL must look like https://chat.example, without a path, not %q", c.PublicURL)
		}
	}
	if c.SecretKey != "" && len(c.SecretKey) < 32 {
		return c, fmt.Errorf("SECRET_KEY must have at least 32 characters; make one with: openssl rand -hex 32")
	}
	if c.AdminAddr != "" {
		if _, _, err := net.SplitHostPort(c.AdminAddr); err != nil {
			return c, fmt.Errorf("ADMIN_ADDR must be an address with a port, such as 127.0.0.1:9090, not %q", c.AdminAddr)
		}
	}
	for word := range strings.FieldsFuncSeq(env("LOG"), func(r rune) bool { return r == ',' || r == ' ' }) {
		switch word {
		case "text", "json":
			c.LogFormat = word
		case "debug":
			c.Debug = true
		default:
			return c, fmt.Errorf(`LOG may have "text", "json" and "debug", not %q`, word)
		}
	}
	var err error
	if c.CommitWindow, err = duration(env, "COMMIT_WINDOW", c.CommitWindow, time.Second); err != nil {
		return c, err
	}
	if c.DrainDelay, err = duration(env, "DRAIN_DELAY", 0, 5*time.Second); err != nil {
		return c, err
	}
	if c.Suggestions, err = readSuggestions(env("SUGGESTIONS_MEMORY")); err != nil {
		return c, err
	}
	if c.Limits, c.Identity, c.Connections, err = readLimits(env("LIMITS")); err != nil {
		return c, err
	}
	if c.Quotas, err = readQuotas(env("STORAGE_LIMITS")); err != nil {
		return c, err
	}
	c.Proxies, err = readProxies(env("TRUSTED_PROXIES"))
	return c, err
}

func duration(env func(string) string, name string, otherwise, most time.Duration) (time.Duration, error) {
	s := env(name)
	if s == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(s)
	if s == "0" {
		d, err = 0, nil
	}
	if err != nil || d < 0 || d > most {
		return 0, fmt.Errorf("%s must be a time from 0 to %v, such as 15ms, not %q", name, most, s)
	}
	return d, nil
}

// readProxies reads networks; a single address stands for itself.
func readProxies(s string) (list []*net.IPNet, err error) {
	switch s = strings.TrimSpace(s); s {
	case "none":
		return nil, nil
	case "":
		s = "127.0.0.0/8 ::1/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 fc00::/7 fe80::/10"
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if ip := net.ParseIP(word); ip != nil {
			word += map[bool]string{true: "/32", false: "/128"}[ip.To4() != nil]
		}
		_, network, err := net.ParseCIDR(word)
		if err != nil {
			return nil, fmt.Errorf(`TRUSTED_PROXIES must be networks such as "10.0.0.0/8", or "none", not %q`, word)
		}
		list = append(list, network)
	}
	return list, nil
}

// readSuggestions reads what suggestions may take, in megabytes.
func readSuggestions(s string) (faq.Budget, error) {
	if s == "" {
		return faq.DefaultBudget(), nil
	}
	one, all, both := strings.Cut(s, "/")
	a, err1 := strconv.Atoi(one)
	b, err2 := strconv.Atoi(all)
	if !both || err1 != nil || err2 != nil || a < 2 || b < a || b > 1<<20 {
		return faq.Budget{}, fmt.Errorf("SUGGESTIONS_MEMORY must be megabytes for one organization and for all, such as 32/160, not %q", s)
	}
	return faq.Budget{Organization: a << 20, All: b << 20}, nil
}

// readLimits reads changes to the default limits.
func readLimits(s string) (live.Limits, identity.Limits, connectionLimits, error) {
	if s == "off" {
		return live.Limits{}, identity.Limits{}, connectionLimits{}, nil
	}
	l, i, c := live.DefaultLimits(), identity.DefaultLimits(), connectionLimits{}
	shares(filesAllowed(), &l, &c)
	rates := map[string]*live.Rate{"visitor": &l.Visitor, "address": &l.Address, "website": &l.Website, "organization": &l.Organization,
		"newcomers": &l.Newcomers, "beginnings": &l.Beginnings, "requests": &l.Requests, "frames": &l.Frames,
		"visitor-bytes": &l.VisitorBytes, "address-bytes": &l.AddressBytes,
		"user-requests": &l.UserRequests, "organization-requests": &l.OrganizationRequests}
	counts := map[string]*int{"address-sockets": &l.AddressSockets, "website-sockets": &l.WebsiteSockets, "sockets": &l.AllSockets,
		"user-sockets": &l.UserSockets, "organization-sockets": &l.OrganizationSockets, "staff-sockets": &l.StaffSockets,
		"connections": &c.all, "address-connections": &c.address,
		"login-failures-address": &i.FailuresAddress, "login-failures-account": &i.FailuresAccount,
		"login-failures-account-address": &i.FailuresAccountAddress, "link-failures-address": &i.LinkFailures,
		"signups-address": &i.SignUps, "resets-address": &i.Resets, "invitations": &i.Invitations,
		"mails": &i.Mails, "mails-unverified": &i.MailsUnverified}
	for word := range strings.FieldsSeq(s) {
		name, value, _ := strings.Cut(word, "=")
		if to, there := counts[name]; there {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				*to = n
				continue
			}
		} else if to, there := rates[name]; there {
			second, once, _ := strings.Cut(value, "/")
			a, err1 := strconv.ParseFloat(second, 64)
			b, err2 := strconv.Atoi(once)
			if err1 == nil && err2 == nil && a > 0 && a <= 1e9 && b > 0 {
				*to = live.Rate{ASecond: a, AtOnce: b}
				continue
			}
		}
		return l, i, c, fmt.Errorf(`LIMITS must be "off" or changes such as "visitor=2/20 address-sockets=2000", not %q; see: parley help`, word)
	}
	return l, i, c, nil
}

// readQuotas reads changes to the default quotas.
func readQuotas(s string) (files.Quotas, error) {
	if s == "off" {
		return files.Quotas{}, nil
	}
	q := files.DefaultQuotas
	quotas := map[string]*int64{"organization": &q.Organization, "website": &q.Website}
	for word := range strings.FieldsSeq(s) {
		name, value, _ := strings.Cut(word, "=")
		to := quotas[name]
		unit := int64(0)
		for _, u := range []struct {
			name  string
			bytes int64
		}{{"MB", 1 << 20}, {"GB", 1 << 30}, {"TB", 1 << 40}} {
			if number, is := strings.CutSuffix(value, u.name); is {
				value, unit = number, u.bytes
			}
		}
		n, err := strconv.ParseInt(value, 10, 32)
		if to == nil || unit == 0 || err != nil || n <= 0 {
			return q, fmt.Errorf(`STORAGE_LIMITS must be "off" or changes such as "organization=20GB website=500MB" (MB, GB, TB), not %q`, word)
		}
		*to = n * unit
	}
	return q, nil
}

// filesAllowed is how many files this process may have open.
func filesAllowed() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 10_000_000 {
		return 10_000_000
	}
	return int(limit.Cur)
}

// publishedSecret is the key that compose.yaml falls back to for a first look, which everybody can read there.
const publishedSecret = "not a secret, only for a look at it"

// canServe says what a server needs beyond what every command needs, and warns of what is only good for a look.
func (c config) canServe() error {
	if c.DatabaseURL != "" && c.SecretKey == "" {
		return fmt.Errorf("SECRET_KEY must be set together with DATABASE_URL, to the same value on every server; make one with: openssl rand -hex 32")
	}
	if c.SecretKey != publishedSecret {
		return nil
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme == "https" {
		return fmt.Errorf("SECRET_KEY is the example published in compose.yaml: anybody could pose as any visitor of %s. Make one of your own and set it on every server: openssl rand -hex 32", c.PublicURL)
	}
	slog.Warn("SECRET_KEY is the example published in compose.yaml: anybody who reaches this server can pose as any visitor. Make one of your own before others use it: openssl rand -hex 32")
	return nil
}

func fromEnvironment() (config, error) { return readConfig(os.Getenv) }

// signUp is who can create an organization.
func (c config) signUp() string {
	switch {
	case c.SignUp != "":
		return c.SignUp
	case c.Demo:
		return web.SignUpOpen
	}
	return web.SignUpClosed
}
