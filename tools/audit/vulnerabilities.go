package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// database returns the address of the vulnerability database, without a slash at the end.
func database() string {
	if db := os.Getenv("GOVULNDB"); db != "" {
		return strings.TrimSuffix(db, "/")
	}
	return "https://vuln.go.dev"
}

// found is how govulncheck ends when it has found something.
const found = 3

// vulnerabilities prints what govulncheck says of the module in a folder. It returns an error if there is a vulnerability that
// the module's code reaches, or if govulncheck cannot do its work though the database can be reached.
func vulnerabilities(ctx context.Context, root, db string, out io.Writer) error {
	if err := reach(ctx, db); err != nil {
		fmt.Fprintf(out, "  NOT CHECKED: the vulnerability database %s cannot be reached (%v).\n"+
			"  Run this again where it can be, or set GOVULNDB to a mirror.\n", db, err)
		return nil
	}
	dir, err := os.MkdirTemp("", "parley-audit-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tool := filepath.Join(dir, "govulncheck")
	// In the version that tools/go.mod has; the working directory is in that module.
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", tool, "golang.org/x/vuln/cmd/govulncheck").CombinedOutput(); err != nil {
		return fmt.Errorf("build govulncheck: %w\n%s", err, text)
	}
	check := exec.CommandContext(ctx, tool, "-db", db, "./...")
	check.Dir, check.Stdout, check.Stderr = root, out, out
	err = check.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == found {
		return errors.New("vulnerabilities: Parley reaches vulnerable code; update what is named above")
	}
	if err != nil {
		return fmt.Errorf("govulncheck: %w", err)
	}
	return nil
}

// reach reports why the database cannot be read; nil if it can.
func reach(ctx context.Context, db string) error {
	const first = "/index/db.json"
	u, err := url.Parse(db)
	if err != nil {
		return err
	}
	if u.Scheme == "file" {
		_, err := os.Stat(filepath.FromSlash(u.Path + first))
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, db+first, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}
