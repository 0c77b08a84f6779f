package e2e

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBackupAndRestore shows that a backup by deploy/backup.sh of servers at work is restored by deploy/restore.sh
// into an empty Postgres, and that the product works on it: log-ins, the archive, files and row-level security.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	dir := t.TempDir()
	files := filepath.Join(dir, "kept")
	s := startServer(t, func(c *serve.Config) { c.FilesURL = files })
	v := newVisitor(t, s, o, "")
	v.send("What was said before the backup")
	agent := newHTTPClient(t)
	agent.post(s, "/login", "email", o.Users[access.Owner].Email, "password", testkit.Password)
	agent.post(s, "/desk/conversations/"+v.conversation+"/take")
	code, body := agent.upload(s, "/desk/conversations/"+v.conversation+"/files?name=notes.txt&id="+uuid.NewString(),
		"What is in the file\n")
	if code >= 300 {
		t.Fatalf("a file: %d %.300s", code, body)
	}
	named := func(address, database string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + database
		return u.String()
	}
	tools, err := pg.ToolsDir()
	if err != nil {
		t.Fatal(err)
	}
	script := func(name string, env ...string) {
		t.Helper()
		cmd := exec.CommandContext(ctx, "../../deploy/"+name, filepath.Join(dir, "backup"))
		cmd.Env = append(append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH")), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	script("backup.sh", "DATABASE_SUPER_URL="+named(testkit.SuperuserURL(t), "parley"), "FILES="+files)

	// Another machine, another Postgres.
	place, err := os.MkdirTemp("/tmp", "parley-restore-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(place)
	os.Chmod(place, 0o755)
	super, stop, err := pg.StartEmptyCluster(ctx, place)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	script("restore.sh", "DATABASE_SUPER_URL="+named(super, "parley"), "MAINTENANCE_URL="+named(super, "postgres"),
		"OWNER_PASSWORD=the owner's", "APP_PASSWORD=the app's", "FILES="+filepath.Join(dir, "restored"))
	as := func(role, password string) string {
		u, _ := url.Parse(named(super, "parley"))
		u.User = url.UserPassword(role, password)
		return u.String()
	}
	restored := startServer(t, func(c *serve.Config) {
		c.DatabaseURL, c.MigrateURL, c.FilesURL = as("parley", "the app's"), as("parley_owner", "the owner's"), filepath.Join(dir, "restored")
	})
	checkRestored(t, o, v, restored)
	db, err := pg.Open(ctx, as("parley", "the app's"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckRole(ctx); err != nil {
		t.Error(err)
	}
	same, err := pg.CompareRights(ctx, named(testkit.SuperuserURL(t), "parley"), named(super, "parley"))
	if err != nil || len(same) > 0 {
		t.Errorf("rights and policies that differ: %v %v", same, err)
	}
}

// checkRestored checks that the conversation, its file and the archive are there after the restore.
func checkRestored(t *testing.T, o testkit.Org, v *visitorClient, restored *serve.Server) {
	t.Helper()
	var code int
	var body string
	people := newHTTPClient(t)
	people.post(restored, "/login", "email", o.Users[access.Owner].Email, "password", testkit.Password)
	code, body = people.get(restored, "/desk/conversations/"+v.conversation+"/pane")
	if code != http.StatusOK || !strings.Contains(body, "What was said before the backup") || !strings.Contains(body, "notes.txt") {
		t.Errorf("the conversation: %d %.500s", code, body)
	}
	if _, link, found := strings.Cut(body, `href="/files/`); found {
		link, _, _ = strings.Cut(link, `"`)
		if code, body := people.get(restored, "/files/"+strings.ReplaceAll(link, "&amp;", "&")); code != http.StatusOK || body != "What is in the file\n" {
			t.Errorf("the file: %d %.300s", code, body)
		}
	} else {
		t.Errorf("there is no link to the file: %.2000s", body)
	}
	if code, body := people.get(restored, "/archive"); code != http.StatusOK {
		t.Errorf("the archive: %d %.300s", code, body)
	}
}
