package pg

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"
)

// lockingFS adds to each migration of a folder what takes all the table locks it needs before it changes anything. A migration
// that took them one by one, while it already held others, would deadlock with running servers, whose statements take them in
// orders of their own. Up to wait it waits for all of them together, and gives all of them up otherwise: shorter than Postgres
// waits before it looks for a deadlock, so that it is never a server's statement that fails.
type lockingFS struct {
	fs.FS
	wait  time.Duration
	gated bool // gates are set: see there
}

// lockOrder is the order in which tables are locked; those that it does not name follow by name. No order suits every statement
// of a server: what holds a later table while it waits for an earlier one makes the attempt fail. With this one, measured under
// traffic, that is rarest: tables that few statements use along with others come first, then conversations, then what statements
// look up with them.
var lockOrder = []string{"sessions", "routing", "presence", "arrivals", "website_groups", "group_members", "agent_speeds", "participants",
	"conversations", "messages", "visitors", "websites", "customers", "users", "organizations", "agents", "groups", "assignments"}

var (
	sectionMark   = regexp.MustCompile(`(?m)^-- \+goose (Up|Down)[ \t]*\r?$`)
	noTransaction = regexp.MustCompile(`(?m)^-- \+goose NO TRANSACTION`)
	sqlComment    = regexp.MustCompile(`(?m)--.*$`)
	sqlWord       = regexp.MustCompile(`[a-z_][a-z0-9_]*`)
	sqlDrop       = regexp.MustCompile(`\bdrop\s+([a-z_]+)`)
	sqlCatalog    = regexp.MustCompile(`\bpg_(class|tables|attribute|constraint|index|policy|trigger)\b|\binformation_schema\b`)
	// Dropping these concerns tables that the statement names, or none.
	namedDrops = []string{"function", "policy", "procedure", "trigger"}
)

// Open opens a file as it is, or a migration with its locks.
func (l lockingFS) Open(name string) (fs.File, error) {
	f, err := l.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(f); err != nil {
		return nil, err
	}
	return &textFile{Reader: strings.NewReader(l.withLocks(text.String())), info: info}, nil
}

type textFile struct {
	*strings.Reader
	info fs.FileInfo
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *textFile) Close() error               { return nil }

// withLocks returns a migration's text with the locks of each of its directions.
func (l lockingFS) withLocks(text string) string {
	if noTransaction.MatchString(text) {
		return text // no lock would outlive its statement
	}
	marks := sectionMark.FindAllStringIndex(text, -1)
	for i := len(marks) - 1; i >= 0; i-- {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		from := marks[i][1]
		if strings.TrimSpace(sqlComment.ReplaceAllString(text[from:end], "")) != "" {
			text = text[:from] + l.preamble(text[from:end]) + text[from:]
		}
	}
	return text
}

// preamble is what takes the locks of some statements: of every table that they name, and, where they may concern others (they
// drop a table with foreign keys, or an index, or ask the catalog which tables there are), of all.
func (l lockingFS) preamble(statements string) string {
	statements = strings.ToLower(sqlComment.ReplaceAllString(statements, ""))
	unnamed := sqlCatalog.MatchString(statements) || slices.ContainsFunc(sqlDrop.FindAllStringSubmatch(statements, -1),
		func(m []string) bool { return !slices.Contains(namedDrops, m[1]) })
	named := "true"
	if !unnamed {
		words := sqlWord.FindAllString(statements, -1)
		slices.Sort(words)
		named = "c.relname = any (" + nameArray(slices.Compact(words)) + ")"
	}
	ms := l.wait.Milliseconds()
	first := ""
	if l.gated {
		first = lockEach(named, "access share") +
			fmt.Sprintf("select pg_advisory_unlock(%d), pg_sleep(%f);\n", int64(gateLock), gateDelay.Seconds())
	}
	return fmt.Sprintf("\nset local lock_timeout = %d;\nset local statement_timeout = %d;\n", ms, (l.wait+gateDelay).Milliseconds()) +
		first + lockEach(named, "access exclusive") + "set local statement_timeout = 0;\n"
}

// lockEach locks the tables that a condition names, in lockOrder.
func lockEach(named, mode string) string {
	return fmt.Sprintf(`-- +goose StatementBegin
do $parley_locks$
declare t regclass;
begin
  for t in
    select c.oid
    from pg_class c
    where c.relnamespace = 'public'::regnamespace
      and c.relkind in ('r', 'p')
      and c.relname <> 'goose_db_version' -- servers ask it how far the schema is
      and pg_has_role(c.relowner, 'usage')
      and %s
    order by array_position(%s, c.relname::text), c.relname
  loop
    execute format('lock table %%s in %s mode', t);
  end loop;
end
$parley_locks$;
-- +goose StatementEnd
`, named, nameArray(lockOrder), mode)
}

// nameArray writes names as an array of Postgres. They are made of letters, digits and underscores.
func nameArray(names []string) string { return "'{" + strings.Join(names, ",") + "}'::text[]" }
