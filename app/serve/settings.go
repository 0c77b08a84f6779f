package serve

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"parley/app/domain/files"
)

// settingNames is every name that readConfig asks for.
var settingNames = []string{
	"ADMIN_ADDR", "CLAMD", "CLIENT_ADDRESS_HEADER", "COMMIT_WINDOW", "DATABASE_DIRECT_URL", "DATABASE_URL", "DATA_DIR",
	"DRAIN_DELAY", "FILES_URL", "GEOIP_FILE", "LIMITS", "LOG", "MIGRATE_DATABASE_URL", "MODELS_INSIDE", "PORT",
	"PUBLIC_URL", "REDIS_URL", "SECRET_KEY", "SIGNUP", "SMTP_URL", "STORAGE_LIMITS", "SUGGESTIONS_MEMORY",
	"TRUSTED_PROXIES", "VAPID_CONTACT", "VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY",
}

// settingPrefixes are beginnings of names that look like a setting of ours, and the setting that is meant.
var settingPrefixes = map[string]string{
	"SMTP_":        "SMTP_URL",
	"MAIL_":        "SMTP_URL",
	"S3_":          "FILES_URL",
	"FILES_":       "FILES_URL",
	"VAPID_":       "VAPID_PUBLIC_KEY",
	"CLAMD_":       "CLAMD",
	"CLAMAV_":      "CLAMD",
	"GEOIP_":       "GEOIP_FILE",
	"MIGRATE_":     "MIGRATE_DATABASE_URL",
	"SUGGESTIONS_": "SUGGESTIONS_MEMORY",
	"TRUSTED_":     "TRUSTED_PROXIES",
	"DRAIN_":       "DRAIN_DELAY",
	"SIGNUP_":      "SIGNUP",
	"LOG_":         "LOG",
	"LOGGING_":     "LOG",
}

// joinedPrefixes are those beginnings that no other program's names have without the underscore: SMTPHOST.
var joinedPrefixes = []string{"SMTP_", "CLAMD_", "CLAMAV_", "VAPID_", "GEOIP_", "SIGNUP_"}

// logAliases are what other programs call LOG, without underscores.
var logAliases = []string{
	"LOGLEVEL", "LOGLVL", "LOGFORMAT", "LOGFMT", "LOGTYPE", "LOGMODE", "LOGOUTPUT", "LOGVERBOSITY", "LOGSEVERITY",
	"LOGGING", "LOGGINGLEVEL", "LOGGERLEVEL", "LOGJSON", "LOGDEBUG", "DEBUGLEVEL",
}

// foreignNames are names of other programs that happen to be near to ours.
var foreignNames = []string{"HOST", "HOME", "PATH", "POST", "LANG", "LOGNAME", "LOGO", "PWD", "MAIL", "TERM", "SHELL", "USER"}

// misspelling is a name in the environment that is not a setting, though it looks like one.
type misspelling struct {
	name, problem string
	certain       bool // hardly anything else can be meant
}

// findMisspellings finds names in an environment (NAME=value) that are none of our settings but look like one: our prefix, a letter or two
// wrong, underscores elsewhere, another case, or the beginning of the name of one.
func findMisspellings(environment []string) (list []misspelling) {
	for _, pair := range environment {
		name, value, _ := strings.Cut(pair, "=")
		if name == "" || value == "" || slices.Contains(settingNames, name) || slices.Contains(foreignNames, name) {
			continue
		}
		upper := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		own, ours := strings.CutPrefix(upper, "PARLEY")
		own = strings.TrimLeft(own, "_")
		if near := nearestSetting(own); near != "" && (ours || near != own || upper != name) {
			list = append(list, misspelling{name, "there is no such setting; " + near + " is one", true})
			continue
		}
		if slices.Contains(logAliases, withoutUnderscores(own)) {
			list = append(list, misspelling{name, `Parley does not read it; LOG is the setting, such as LOG=debug or LOG=json,debug`, true})
			continue
		}
		if ours {
			list = append(list, misspelling{name, "there is no such setting; see: parley help", true})
			continue
		}
		for _, beginning := range slices.Sorted(maps.Keys(settingPrefixes)) {
			if strings.HasPrefix(upper, beginning) ||
				slices.Contains(joinedPrefixes, beginning) && strings.HasPrefix(upper, withoutUnderscores(beginning)) {
				list = append(list, misspelling{name, "Parley does not read it; that is said by " + settingPrefixes[beginning], false})
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b misspelling) int { return strings.Compare(a.name, b.name) })
	return list
}

// nearestSetting is the setting that a name is, or is nearly; empty if there is none.
func nearestSetting(name string) (near string) {
	best := 3
	for _, s := range settingNames {
		most := 2
		if len(s) <= 5 {
			most = 1
		}
		if d := editDistance(withoutUnderscores(name), withoutUnderscores(s)); d <= most && d < best {
			near, best = s, d
		}
	}
	return near
}

// withoutUnderscores is a name without its underscores.
func withoutUnderscores(name string) string { return strings.ReplaceAll(name, "_", "") }

// editDistance is how many letters have to be added, left out, changed or exchanged with their neighbor to make one word of another
// (optimal string alignment).
func editDistance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	var earlier []int
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		earlier, before, row = before, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := before[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, before[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], earlier[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// summary says which database, bus, storage and mail server a server uses, without passwords.
func (c Config) summary() string {
	database, bus := "a private Postgres in "+c.DataDir, "none (one server)"
	if c.DatabaseURL != "" {
		database, bus = withoutPassword(c.DatabaseURL), "Postgres"
		if c.DirectURL != "" {
			database += ", through a pooler; directly: " + withoutPassword(c.DirectURL)
		}
	}
	if c.RedisURL != "" {
		bus = "Redis at " + withoutPassword(c.RedisURL)
	}
	storage := files.DescribeStore(c.filesURL())
	if c.Clamd != "" {
		storage += ", scanned by " + c.Clamd
	}
	mail := "none: links are shown instead of sent"
	if u, err := url.Parse(c.SMTPURL); err == nil && c.SMTPURL != "" {
		mail = u.Host
		if from := u.Query().Get("from"); from != "" {
			mail += ", from " + from
		}
	}
	return fmt.Sprintf("  Database  %s\n  Bus       %s\n  Files     %s\n  Mail      %s\n  Sign-up   %s\n", database,
		bus, storage, mail, c.signUpMode())
}

// withoutPassword is a database or bus address without its password.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" && u.Query().Get("host") == "" {
		return "(an address that is not a URL)"
	}
	host := u.Host
	if host == "" {
		host = u.Query().Get("host")
	}
	return host + u.Path
}
