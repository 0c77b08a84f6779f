package serve

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"parley/app/domain/assist/model"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/identity"
	"parley/app/domain/team"
	"parley/app/front/live"
	"parley/app/platform/jobs"
	"parley/app/platform/pg"
	"parley/app/platform/push"
)

// Config is everything that can be set, by environment only.
type Config struct {
	Port           int    // 0: any free port
	PublicURL      string // without a slash at the end
	DatabaseURL    string // empty: a private cluster under DataDir
	DirectURL      string // empty: DatabaseURL leads to Postgres itself
	MigrateURL     string
	RedisURL       string
	DataDir        string
	SecretKey      string
	SMTPURL        string
	FilesURL       string // empty: a folder under DataDir
	Clamd          string // empty: files are not scanned
	Quotas         files.Quotas
	AdminAddr      string // empty: no metrics, no profiles
	LogFormat      string // text or json
	Debug          bool
	CommitWindow   time.Duration
	DrainDelay     time.Duration
	Limits         live.Limits
	Suggestions    faq.MemoryBudget
	Connections    ConnectionLimits
	Proxies        []*net.IPNet
	AddressHeader  string
	InternalModels []string     // host:port of language models inside the operator's network
	ModelLimits    model.Limits // tests: shorter ones
	PushKeys       push.Keys
	GeoFile        string            // empty: countries are not known
	SignUp         team.SignUpPolicy // empty: closed, but for the demo
	Identity       identity.Limits
	Demo           bool // serve --demo

	AnswerMailAfter, SettingsMinute time.Duration // tests: shorter ones; 0: the usual
	GracePeriod                     time.Duration // tests: see presence.Options; 0: presence.DefaultGracePeriod
	Jobs                            jobs.Options  // tests: others

	CommitMode conversation.CommitMode           // for the bench only
	Volatile   bool                              // tests: a private cluster without fsync
	FreeBytes  func(path string) (uint64, error) // tests: another measure; nil: the file system's

	InsecureHashing bool // tests: see identity.Options
}

func ReadConfig(env func(string) string) (Config, error) {
	c := Config{
		Port:          8080,
		DatabaseURL:   env("DATABASE_URL"),
		MigrateURL:    env("MIGRATE_DATABASE_URL"),
		RedisURL:      env("REDIS_URL"),
		AdminAddr:     env("ADMIN_ADDR"),
		AddressHeader: env("CLIENT_ADDRESS_HEADER"),
		LogFormat:     "text",
		CommitWindow:  conversation.DefaultCommitWindow,
		DataDir:       env("DATA_DIR"),
		SecretKey:     env("SECRET_KEY"),
		SMTPURL:       env("SMTP_URL"),
		PublicURL:     strings.TrimRight(env("PUBLIC_URL"), "/"),
	}
	c.InternalModels = strings.Fields(strings.ReplaceAll(env("MODELS_INSIDE"), ",", " "))
	for _, address := range c.InternalModels {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return c, fmt.Errorf("MODELS_INSIDE must be addresses with ports, such as 127.0.0.1:11434, not %q", address)
		}
	}
	c.DirectURL = env("DATABASE_DIRECT_URL")
	if c.DirectURL != "" && c.DatabaseURL == "" {
		return c, errors.New("DATABASE_DIRECT_URL goes with DATABASE_URL: set that, too")
	}
	switch c.SignUp = team.SignUpPolicy(env("SIGNUP")); c.SignUp {
	case "", team.SignUpOpen, team.SignUpClosed, team.SignUpInvite:
	default:
		return c, fmt.Errorf(`SIGNUP must be "open", "closed" or "invite", not %q`, c.SignUp)
	}
	c.FilesURL, c.Clamd = env("FILES_URL"), env("CLAMD")
	c.GeoFile = env("GEOIP_FILE")
	c.PushKeys = push.Keys{Public: env("VAPID_PUBLIC_KEY"), Private: env("VAPID_PRIVATE_KEY"), Contact: env("VAPID_CONTACT")}
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
	if !isPublicURL(c.PublicURL) {
		return c, fmt.Errorf("PUBLIC_URL must look like https://chat.example, without a path, not %q", c.PublicURL)
	}
	if c.SecretKey != "" && len(c.SecretKey) < 32 {
		return c, fmt.Errorf("SECRET_KEY must have at least 32 characters; make one with: openssl rand -hex 32")
	}
	if c.AdminAddr != "" {
		if _, _, err := net.SplitHostPort(c.AdminAddr); err != nil {
			return c, fmt.Errorf("ADMIN_ADDR must be an address with a port, such as 127.0.0.1:9090, not %q", c.AdminAddr)
		}
	}
	err := c.readLog(env("LOG"))
	if err != nil {
		return c, err
	}
	if c.CommitWindow, err = readDuration(env, "COMMIT_WINDOW", c.CommitWindow, time.Second); err != nil {
		return c, err
	}
	if c.DrainDelay, err = readDuration(env, "DRAIN_DELAY", 0, 5*time.Second); err != nil {
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

// isPublicURL reports whether a setting is empty or the address of a server, without a path.
func isPublicURL(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.Path == ""
}

// readLog reads how the log is written: words with commas or spaces between them.
func (c *Config) readLog(words string) error {
	for word := range strings.FieldsFuncSeq(words, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch word {
		case "text", "json":
			c.LogFormat = word
		case "debug":
			c.Debug = true
		default:
			return fmt.Errorf(`LOG may have "text", "json" and "debug", not %q`, word)
		}
	}
	return nil
}

func readDuration(env func(string) string, name string, otherwise, most time.Duration) (time.Duration, error) {
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

// CheckServe says what a server needs beyond what every command needs, and warns of what is only good for a look.
func (c Config) CheckServe() error {
	if c.DatabaseURL != "" && c.SecretKey == "" {
		return fmt.Errorf("SECRET_KEY must be set together with DATABASE_URL, to the same value on every server; make " +
			"one with: openssl rand -hex 32")
	}
	if c.SecretKey != exampleSecret {
		return nil
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme == "https" {
		return fmt.Errorf(
			"SECRET_KEY is the example published in compose.yaml: anyone could pose as any visitor of %s. Make one of "+
				"your own and set it on every server: openssl rand -hex 32",
			c.PublicURL)
	}
	slog.Warn("SECRET_KEY is the example published in compose.yaml: anyone who reaches this server can pose as any " +
		"visitor. Make one of your own before others use it: openssl rand -hex 32")
	return nil
}

func ConfigFromEnvironment() (Config, error) { return ReadConfig(os.Getenv) }

// signUpMode is who can create an organization.
func (c Config) signUpMode() team.SignUpPolicy {
	switch {
	case c.SignUp != "":
		return c.SignUp
	case c.Demo:
		return team.SignUpOpen
	}
	return team.SignUpClosed
}

// withRunningCluster is the configuration of a command that may work beside a running server: with the server's private
// Postgres, if it runs.
func (c Config) withRunningCluster() Config {
	if c.DatabaseURL == "" {
		if app, owner, running := pg.FindRunningCluster(c.DataDir); running {
			c.DatabaseURL, c.MigrateURL = app, ""
			_ = owner
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = fmt.Sprintf("http://localhost:%d", c.Port)
	}
	return c
}

// filesURL is the address of the store of files.
func (c Config) filesURL() string {
	if c.FilesURL != "" {
		return c.FilesURL
	}
	return filepath.Join(c.DataDir, "files")
}
