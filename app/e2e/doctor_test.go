package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestDoctor shows that "parley doctor" finds what is wrong, says what to do, and says nothing about the rest.
func TestDoctor(t *testing.T) {
	t.Parallel()
	app, owner := testkit.DatabaseURLs(t)
	redis, _, _ := testkit.Redis(t)
	smtp, _ := testkit.MailServer(t, 0)
	s := startServer(t, nil)
	dir := t.TempDir()
	sound := []string{
		"DATABASE_URL=" + app,
		"REDIS_URL=" + redis,
		"SMTP_URL=" + smtp,
		"SECRET_KEY=" + testSecret,
		"DATA_DIR=" + dir,
		"PUBLIC_URL=" + s.URL,
		"FILES_URL=" + dir + "/files",
	}
	all := diagnose(t, sound...)
	for _, check := range []string{"settings", "bus", "mail", "public address", "disk"} {
		if worstState(all[check]) != serve.StateOK {
			t.Errorf("%s: %+v", check, all[check])
		}
	}
	if worstState(all["database"]) == serve.StateFailed { // the test cluster trades safety for speed, which is a warning
		t.Errorf("database: %+v", all["database"])
	}
	if worstState(all["files"]) == serve.StateFailed {
		t.Errorf("files: %+v", all["files"])
	}
	file := filepath.Join(dir, "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ setting, check string }{
		{"DATABASE_ULR=x", "settings"},
		{"SIGNUP=perhaps", "settings"},
		{"DATABASE_URL=postgres://parley:a%20secret%20password@127.0.0.1:1/parley", "database"},
		{"DATABASE_URL=" + owner, "database"},
		{"DATABASE_URL=" + testkit.SuperuserURL(t), "database"},
		{"REDIS_URL=redis://:a%20secret%20password@127.0.0.1:1", "bus"},
		{"SMTP_URL=smtp://u:a%20secret%20password@127.0.0.1:1?from=a@b.example", "mail"},
		{"FILES_URL=" + file, "files"},
		{"FILES_URL=s3://key:a%20secret%20password@127.0.0.1:1/bucket?insecure=1&region=x", "files"},
		{"CLAMD=127.0.0.1:1", "virus scanner"},
		{"PUBLIC_URL=http://127.0.0.1:1", "public address"},
		{"GEOIP_FILE=" + file, "countries"},
		{"DATA_DIR=" + file, "disk"},
	} {
		if found := diagnose(t, append(slices.Clone(sound), c.setting)...); worstState(found[c.check]) != serve.StateFailed {
			t.Errorf("with %s: %+v", c.setting, found[c.check])
		}
	}
}

// diagnose returns what "parley doctor" finds in an environment, by check. No finding may tell a password, and each failure gives advice.
func diagnose(t *testing.T, environment ...string) map[string][]serve.Finding {
	t.Helper()
	var out bytes.Buffer
	err := serve.Diagnose(t.Context(), environment, true, &out)
	var list []serve.Finding
	if bad := json.Unmarshal(out.Bytes(), &list); bad != nil {
		t.Fatal(bad)
	}
	found := map[string][]serve.Finding{}
	broken := false
	for _, f := range list {
		found[f.Check] = append(found[f.Check], f)
		broken = broken || f.State == serve.StateFailed
		if f.State == serve.StateFailed && f.Advice == "" && !strings.Contains(f.Message, "create role") {
			t.Errorf("%s fails without a word about what to do: %s", f.Check, f.Message)
		}
		if strings.Contains(f.Message+f.Advice, "a secret password") {
			t.Errorf("%s tells a password: %s", f.Check, f.Message)
		}
	}
	if broken != (err != nil) {
		t.Errorf("failed: %v, and the error is %v", broken, err)
	}
	return found
}

// worstState is the worst state of findings; skipped if there are none.
func worstState(list []serve.Finding) string {
	for _, s := range []string{serve.StateFailed, serve.StateWarning, serve.StateOK} {
		if slices.ContainsFunc(list, func(f serve.Finding) bool { return f.State == s }) {
			return s
		}
	}
	return serve.StateSkipped
}
