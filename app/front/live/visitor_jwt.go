package live

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"parley/app/domain/visitor"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// maxJWTLifetime is how long a site's sign-in of a visitor may be valid: it is stored that long, so that it is used once.
const maxJWTLifetime = 25 * time.Hour

// maxSubject is how many characters a site's id of a visitor may have.
const maxSubject = 200

// parseVisitorJWT returns what a site has signed of its visitor: a JSON Web Token (RFC 7519) with HS256 and the website's key.
// The error is fail.Unauthenticated and names what the site has to change.
func parseVisitorJWT(signed, key string) (visitor.IdentityClaims, error) {
	wrong := func(why string) (visitor.IdentityClaims, error) {
		return visitor.IdentityClaims{}, fail.New(fail.Unauthenticated, "The visitor's sign-in token is invalid: %s.", why)
	}
	if key == "" || len(signed) > 4000 {
		return wrong("the website has no identity key")
	}
	// Claims by their exact names: a struct of Go's would take "Sub" for "sub".
	claims := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(signed, claims, func(*jwt.Token) (any, error) { return []byte(key), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(30*time.Second))
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return wrong("it has expired")
	case err != nil:
		return wrong("it cannot be verified")
	}
	// What "crit" names must be understood (RFC 7515 4.1.11), and none of it is; the library does not look at it. A token of
	// this kind must not have "b64": false (RFC 7797 7). What else the header says may be left aside.
	if _, there := token.Header["crit"]; there {
		return wrong("its header has “crit”, which is not supported")
	}
	if b64, there := token.Header["b64"]; there && b64 != true {
		return wrong("its header has “b64”, which is not supported")
	}
	until, err := claims.GetExpirationTime()
	if err != nil || time.Until(until.Time) > maxJWTLifetime {
		return wrong("it is valid for more than 24 hours")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(signed, ".")[1])
	if err != nil || !utf8.Valid(payload) {
		return wrong("it contains characters that are not valid UTF-8")
	}
	subject, ok := exactText(payload, "sub")
	switch {
	case !ok:
		return wrong("its sub is not valid text")
	case subject == "":
		return wrong("it has no sub")
	case utf8.RuneCountInString(subject) > maxSubject:
		return wrong("its sub has more than " + strconv.Itoa(maxSubject) + " characters")
	}
	name, named := claims["name"].(string)
	address, addressed := claims["email"].(string)
	if !named && claims["name"] != nil || !addressed && claims["email"] != nil {
		return wrong("its name or email is not text")
	}
	email, err := validate.Email(address)
	if err != nil { // the site believes its own; nobody can be written to there
		email = ""
	}
	return visitor.IdentityClaims{Subject: subject, Name: cleanName(name, 100), Email: email, ExpiresAt: until.Add(time.Minute)}, nil
}

// exactText returns a member of a JSON object as it was meant, and whether it is a text that can be stored as it is; the empty
// text if there is none. encoding/json makes the same character of everything that is half of one, and so one text of two.
func exactText(object []byte, name string) (string, bool) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &members); err != nil {
		return "", false
	}
	raw := members[name]
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return "", true
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", false
	}
	return text, !hasLoneSurrogate(string(raw)) && !strings.ContainsRune(text, 0)
}

// hasLoneSurrogate reports whether a JSON text has an escaped half of a character, such as \ud800, without the other half.
func hasLoneSurrogate(raw string) bool {
	for {
		i := strings.IndexByte(raw, '\\')
		if i < 0 {
			return false
		}
		raw = raw[i:]
		step := 2
		if one := utf16Unit(raw); utf16.IsSurrogate(one) {
			if utf16.DecodeRune(one, utf16Unit(raw[6:])) == utf8.RuneError {
				return true
			}
			step = 12
		}
		raw = raw[min(step, len(raw)):]
	}
}

// utf16Unit returns the UTF-16 unit of an escape such as \u00e9 at the beginning of s; -1 if there is none.
func utf16Unit(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
