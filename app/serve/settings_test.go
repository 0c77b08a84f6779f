package serve

import (
	"strings"
	"testing"
)

func TestMisspelledSettings(t *testing.T) {
	t.Parallel()
	for pair, says := range map[string]string{
		"DATABASE_ULR=x":         "DATABASE_URL is one",
		"DATABASEURL=x":          "DATABASE_URL is one",
		"database_url=x":         "DATABASE_URL is one",
		"PARLEY_PORT=1":          "PORT is one",
		"PARLEY_SOMETHING=x":     "no such setting",
		"SMTP_PASWORD=x":         "SMTP_URL",
		"SECRET_KEYS=x":          "SECRET_KEY is one",
		"LIMIT=x":                "LIMITS is one",
		"STORAGE-LIMITS=x":       "STORAGE_LIMITS is one",
		"SIGN_UP=open":           "SIGNUP is one",
		"REDIS_URI=x":            "REDIS_URL is one",
		"TRUSTED_PROXY=x":        "TRUSTED_PROXIES",
		"LOGLEVEL=debug":         "LOG is the setting",
		"LOG_LEVEL=debug":        "LOG is the setting",
		"log_level=debug":        "LOG is the setting",
		"PARLEY_LOG_LEVEL=debug": "LOG is the setting",
		"LOGS=json":              "LOG is one",
		"LOG_FORMAT=json":        "LOG is the setting",
		"PARLEYPORT=1":           "PORT is one",
		"TRUSTEDPROXIES=x":       "TRUSTED_PROXIES is one",
		"SMTPHOST=x":             "SMTP_URL",
		"D_A_T_A_DIR=x":          "DATA_DIR is one",
		"LOG_ROTATE=x":           "said by LOG",
		"LOGNAME=olga":           "",
		"LOGO=x":                 "",
		"PATH=/bin":              "",
		"HOME=/":                 "",
		"LANG=C":                 "",
		"DATABASE_URL=x":         "",
		"HOST=x":                 "",
		"EDITOR=vi":              "",
		"PWD=/":                  "",
		"GOPATH=x":               "",
		"TZ=UTC":                 "",
		"KUBERNETES_PORT=x":      "",
		"XDG_DATA_DIRS=x":        "",
		"COLUMNS=80":             "",
		"PS1=x":                  "",
		"SMTP_PASWORD=":          "",
	} {
		list := findMisspellings([]string{pair})
		if says == "" && len(list) > 0 || says != "" && (len(list) != 1 || !strings.Contains(list[0].problem, says)) {
			t.Errorf("%s: %v", pair, list)
		}
	}
}
