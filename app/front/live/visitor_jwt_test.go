package live

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"time"
)

const jwtKey = "a key of 32 characters, of a site"

// signJWT signs a header and a payload as they are written, with what no library would write.
func signJWT(header, payload string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac := hmac.New(sha256.New, []byte(jwtKey))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const plainHeader = `{"alg":"HS256","typ":"JWT"}`

func inAnHour() string { return strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10) }

// RFC 7515 and 7519: what must be refused is, what may be left aside is left aside.
func TestVisitorJWTHeaders(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		plainHeader:                                 "",
		`{"alg":"HS256"}`:                           "",
		`{"alg":"HS256","typ":"at+jwt"}`:            "", // typ is for the application (RFC 7515 4.1.9)
		`{"alg":"HS256","kid":"1","x":{}}`:          "",
		`{"alg":"HS256","b64":true}`:                "",
		`{"alg":"HS256","crit":["exp"]}`:            "crit",
		`{"alg":"HS256","crit":["b64"],"b64":true}`: "crit",
		`{"alg":"HS256","crit":["x"],"x":1}`:        "crit",
		`{"alg":"HS256","crit":[]}`:                 "crit",
		`{"alg":"HS256","crit":null}`:               "crit",
		`{"alg":"HS256","b64":false}`:               "b64",
		`{"alg":"HS512"}`:                           "verified",
		`{"alg":"none"}`:                            "verified",
		`{"typ":"JWT"}`:                             "verified",
	} {
		_, err := parseVisitorJWT(signJWT(header, `{"sub":"a","exp":`+inAnHour()+`}`), jwtKey)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", header, err)
		}
	}
}

// A site's own name for its visitor is stored untouched, or refused: two names are never one visitor.
func TestVisitorJWTSubjects(t *testing.T) {
	t.Parallel()
	for sub, want := range map[string]string{
		`"a"`:                                "a",
		`" a"`:                               " a",
		`"a "`:                               "a ",
		`"a\n"`:                              "a\n",
		`"\u0001"`:                           "\x01",
		`"é"`:                                "\u00e9",
		`"e\u0301"`:                          "e\u0301", // not made one with the line above
		`"\ud83d\ude00"`:                     "😀",
		`"\\ud800"`:                          `\ud800`,
		`"�"`:                                "\ufffd",
		`"\u202ea"`:                          "\u202ea",
		`"` + strings.Repeat("ä", 200) + `"`: strings.Repeat("ä", 200),
		`"` + strings.Repeat("ä", 201) + `"`: "",
		`""`:                                 "",
		`null`:                               "",
		`7`:                                  "",
		`["a"]`:                              "",
		`"a\u0000b"`:                         "",
		`"\ud800"`:                           "",
		`"\ude00\ud83d"`:                     "",
		`"\ud83dx"`:                          "",
		"\"\xff\"":                           "",
	} {
		c, err := parseVisitorJWT(signJWT(plainHeader, `{"exp":`+inAnHour()+`,"sub":`+sub+`}`), jwtKey)
		if want == "" && err == nil || want != "" && (err != nil || c.Subject != want) {
			t.Errorf("%s: %q %v", sub, c.Subject, err)
		}
	}
	for payload, want := range map[string]string{
		`{"exp":` + inAnHour() + `}`:                                   "no sub",
		`{"exp":` + inAnHour() + `,"Sub":"a"}`:                         "no sub", // names of claims are case-sensitive (RFC 7519 4)
		`{"EXP":` + inAnHour() + `,"sub":"a"}`:                         "verified",
		`{"exp":` + inAnHour() + `,"sub":"a","name":7}`:                "not text",
		`{"exp":` + inAnHour() + `,"sub":"a","email":["a@b.c"]}`:       "not text",
		`{"exp":` + inAnHour() + `,"sub":"a","name":"` + "\xff" + `"}`: "UTF-8",
		`{"exp":1e300,"sub":"a"}`:                                      "",
		`{"sub":"a"}`:                                                  "verified",
	} {
		if _, err := parseVisitorJWT(signJWT(plainHeader, payload), jwtKey); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", payload, err)
		}
	}
	c, err := parseVisitorJWT(
		signJWT(plainHeader, `{"exp":`+inAnHour()+`,"sub":"a","SUB":"b","name":" Anna ","Name":"Ben","email":"Anna@Home.Example"}`),
		jwtKey)
	if err != nil || c.Subject != "a" || c.Name != "Anna" || c.Email != "anna@home.example" {
		t.Errorf("%+v %v", c, err)
	}
	c, err = parseVisitorJWT(signJWT(plainHeader, `{"exp":`+inAnHour()+`,"sub":"a","name":null,"email":"a@b.example?bcc=c"}`), jwtKey)
	if err != nil || c.Name != "" || c.Email != "" {
		t.Errorf("%+v %v", c, err)
	}
}

func FuzzHasLoneSurrogate(f *testing.F) {
	f.Add(`"\ud800"`)
	f.Add(`"\`)
	f.Add(`"\u12`)
	f.Fuzz(func(_ *testing.T, s string) { hasLoneSurrogate(s) })
}
