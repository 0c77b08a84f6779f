package main

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// config is everything that can be set, by environment only.
type config struct {
	Port          int    // 0: any free port
	PublicURL     string // without a slash at the end
	DatabaseURL   string // empty: a private cluster under DataDir
	MigrateURL    string
	RedisURL      string
	DataDir       string
	SecretKey     string
	SMTPURL       string
	Demo          bool // serve --demo
	volatileStore bool // tests: a private cluster without fsync
}

const help = `Parley: live chat for customer service.

  parley serve [--demo]     run the server; --demo adds demo data with fixed log-ins, for a first look
  parley migrate            prepare or update the database, then end (for releases)
  parley reset-link EMAIL   print links that set a new password for an address (with a private Postgres: stop the server first)
  parley traffic [flags]    play visitors against a running server (parley traffic -h)
  parley bench [flags]      print the figures of this program on this machine (parley bench -h)
  parley help               this text

Environment:
  PORT                  where to listen (8080)
  PUBLIC_URL            how browsers reach this server (http://localhost:PORT)
  DATABASE_URL          Postgres, as a role that owns nothing. Without it a private Postgres runs under DATA_DIR
  MIGRATE_DATABASE_URL  Postgres, as the owner of the schema: for "parley migrate", and for "serve" to migrate at its start
  REDIS_URL             carries notifications between several servers through Redis instead of Postgres
  DATA_DIR              files of a single machine: the private Postgres, the secret key (./data)
  SECRET_KEY            signs visitors' tokens: the same on every server, at least 32 characters; with another one visitors
                        lose sight of their talks. Without DATABASE_URL it is made once and kept under DATA_DIR
  SMTP_URL              sends mail: smtp://user:password@mail.example:587?from=parley@shop.example. Without it, links
                        are shown instead of sent
`

func readConfig(env func(string) string) (config, error) {
	c := config{Port: 8080, DatabaseURL: env("DATABASE_URL"), MigrateURL: env("MIGRATE_DATABASE_URL"), RedisURL: env("REDIS_URL"),
		DataDir: env("DATA_DIR"), SecretKey: env("SECRET_KEY"), SMTPURL: env("SMTP_URL"), PublicURL: strings.TrimRight(env("PUBLIC_URL"), "/")}
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
	return c, nil
}

// canServe says what a server needs beyond what every command needs.
func (c config) canServe() error {
	if c.DatabaseURL != "" && c.SecretKey == "" {
		return fmt.Errorf("SECRET_KEY must be set together with DATABASE_URL, to the same value on every server; make one with: openssl rand -hex 32")
	}
	return nil
}

func fromEnvironment() (config, error) { return readConfig(os.Getenv) }
