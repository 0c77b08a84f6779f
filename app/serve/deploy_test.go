package serve

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Every setting is in the help, nothing else is asked for, and what the help, the documents and the files for deploying name is one.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	if _, err := ReadConfig(func(name string) string { asked[name] = true; return "" }); err != nil {
		t.Fatal(err)
	}
	for _, name := range settingNames {
		if !asked[name] {
			t.Errorf("%s is in the list of settings, and not asked for", name)
		}
		if !regexp.MustCompile(`(?m)^  (.*, )?` + name + `[ ,\n]`).MatchString(EnvironmentHelp) {
			t.Errorf("the help does not name %s", name)
		}
		delete(asked, name)
	}
	for name := range asked {
		t.Errorf("%s is asked for, and not in the list of settings", name)
	}

	checkComposeFile(t)
	checkFlyFile(t)
	checkDeployPage(t)
}

// checkDeployPage checks that docs/deploy.md names every setting, no other, and the files for deploying.
func checkDeployPage(t *testing.T) {
	t.Helper()
	docs, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| ((`[A-Z_]+`(, )?)+) \\|").FindAllStringSubmatch(string(docs), -1) {
		for _, name := range regexp.MustCompile(`[A-Z_]+`).FindAllString(m[1], -1) {
			if !slices.Contains(settingNames, name) {
				t.Errorf("docs/deploy.md names %s", name)
			}
		}
	}
	for _, name := range settingNames {
		if !strings.Contains(string(docs), "`"+name) && !strings.Contains(string(docs), name+"=") && name != "PORT" &&
			name != "COMMIT_WINDOW" {
			t.Errorf("docs/deploy.md does not name %s", name)
		}
	}
	for _, file := range []string{
		"deploy/nginx.conf", "deploy/backup.sh", "deploy/restore.sh", "deploy/Caddyfile", "deploy/parley.service",
	} {
		if _, err := os.Stat("../../" + file); err != nil || !strings.Contains(string(docs), file) {
			t.Errorf("%s: %v; or docs/deploy.md does not name it", file, err)
		}
	}
}

// checkFlyFile checks that fly.toml names known settings only, and says where files go.
func checkFlyFile(t *testing.T) {
	t.Helper()
	fly, err := os.ReadFile("../../fly.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, env, _ := strings.Cut(string(fly), "[env]")
	env, _, _ = strings.Cut(env, "\n[")
	for _, m := range regexp.MustCompile(`(?m)^\s*(\w+) = `).FindAllStringSubmatch(env, -1) {
		if !slices.Contains(settingNames, m[1]) {
			t.Errorf("fly.toml sets %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`\b([A-Z_]+)=(…|")`).FindAllStringSubmatch(string(fly), -1) {
		if !slices.Contains(settingNames, m[1]) {
			t.Errorf("fly.toml names the secret %s", m[1])
		}
	}
	if !strings.Contains(string(fly), "FILES_URL=\"s3://") {
		t.Error("fly.toml does not say where files go")
	}
}

// checkComposeFile checks that compose.yaml sets nothing unknown, and that its services start with what it sets.
func checkComposeFile(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Image       string
			Environment map[string]string
			Volumes     []string
			DependsOn   any `yaml:"depends_on"` // a list, or a map with conditions
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(raw, &compose); err != nil {
		t.Fatal(err)
	}
	for name, s := range compose.Services {
		if s.Image != "parley" {
			continue
		}
		for variable := range s.Environment {
			if !slices.Contains(settingNames, variable) {
				t.Errorf("compose.yaml gives %s to %s", variable, name)
			}
		}
		if name != "migrate" && !strings.HasPrefix(s.Environment["FILES_URL"], "s3://") {
			t.Errorf("the files of %s are not in shared storage: %q", name, s.Environment["FILES_URL"])
		}
		needs, _ := s.DependsOn.(map[string]any)
		for needed := range needs {
			if _, there := compose.Services[needed]; !there {
				t.Errorf("%s needs %s, which there is not", name, needed)
			}
		}
		cfg, err := ReadConfig(func(variable string) string { return expanded(s.Environment[variable]) })
		if err == nil {
			err = cfg.CheckServe()
		}
		if err != nil {
			t.Errorf("%s does not start: %v", name, err)
		}
	}
}

// expanded is a value of compose.yaml without anything set: ${NAME:-usual} is the usual.
func expanded(value string) string {
	for range 3 {
		value = regexp.MustCompile(`\$\{\w+:-([^{}]*)\}`).ReplaceAllString(value, "$1")
	}
	return value
}
