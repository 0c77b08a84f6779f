package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
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
	if err := printFindings(list, asJSON, out); err != nil {
		return err
	}
	if failures > 0 {
		return fmt.Errorf("%d of %d checks failed", failures, len(list))
	}
	return nil
}

// printFindings prints a finding with its advice below it, or all of them as JSON.
func printFindings(list []Finding, asJSON bool, out io.Writer) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(list)
	}
	indent := func(text string) string { return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 26)) }
	for _, f := range list {
		fmt.Fprintf(out, "%-8s %-16s %s\n", f.State, f.Check, indent(f.Message))
		if f.Advice != "" {
			fmt.Fprintf(out, "%-25s %s\n", "", indent(f.Advice))
		}
	}
	return nil
}

// check is one check of the doctor.
type check struct {
	name string
	run  func(context.Context) []Finding
}

// checks returns the checks besides that of the settings themselves.
func (c Config) checks() []check {
	return []check{
		{"database", c.checkDatabase},
		{"direct database", c.checkDirectDatabase},
		{"bus", c.checkBus},
		{"files", c.checkFiles},
		{"virus scanner", c.checkScanner},
		{"mail", c.checkMail},
		{"public address", c.checkPublicAddress},
		{"sign-up", func(context.Context) []Finding { return []Finding{passed("%s", c.signUpMode())} }},
		{"web push", c.checkPush},
		{"countries", c.checkCountries},
		{"disk", c.checkDisk},
		{"open files", c.checkOpenFiles},
	}
}

// runChecks reads the settings, and runs all checks at the same time.
func runChecks(ctx context.Context, environment []string, env func(string) string) []Finding {
	cfg, list := checkSettings(environment, env)
	checks := cfg.checks()
	found := make([][]Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { found[i] = c.runInTime(ctx) })
	}
	all.Wait()
	for i, c := range checks {
		for _, f := range found[i] {
			f.Check = c.name
			list = append(list, f)
		}
	}
	return list
}

// checkSettings reads the settings. If they are wrong, the other checks use what could be read.
func checkSettings(environment []string, env func(string) string) (cfg Config, list []Finding) {
	for _, w := range findMisspellings(environment) {
		if w.certain {
			list = append(list, failure(errors.New(w.name+": "+w.problem), "Correct the name, or remove it: it has no effect."))
		} else {
			list = append(list, caution(w.name+": "+w.problem, "Remove it if it is meant for Parley: it has no effect."))
		}
	}
	cfg, err := ReadConfig(env)
	if err == nil {
		err = cfg.CheckServe()
	}
	if err != nil {
		list = append(list, failure(err,
			"Correct the setting; a server does not start with it. The checks below use the settings that could be read."))
	} else if len(list) == 0 {
		list = append(list, passed("all settings are valid"))
	}
	for i := range list {
		list[i].Check = "settings"
	}
	return cfg, list
}

// runInTime runs a check, and gives up on one that takes longer than checkTimeout.
func (c check) runInTime(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	done := make(chan []Finding, 1)
	go func() { done <- c.run(ctx) }()
	select {
	case list := <-done:
		return list
	case <-time.After(checkTimeout + time.Second): // a check that does not look at ctx
		return []Finding{failure(errors.New("no answer within 15 seconds"), "Check whether a firewall drops the packets.")}
	}
}

// briefError returns an error as a person reads it: without the whole address that pgx puts before the reason.
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
