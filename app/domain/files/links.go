package files

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// Links signs addresses under which a visitor's browser may fetch one file for some time.
type Links struct{ key []byte }

// NewLinks returns a signer. secret is the installation's SECRET_KEY.
func NewLinks(secret string) Links {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("file link 1"))
	return Links{mac.Sum(nil)}
}

// linkLifetime is how long a link is good at least; at most it is twice that, so that a browser can keep what it has fetched.
const linkLifetime = 24 * time.Hour

const linkSize = 2*16 + 4 + 16

// Path returns the path of a file's link.
func (l Links) Path(org, file uuid.UUID, name string, now time.Time) string {
	until := now.Truncate(linkLifetime).Add(2 * linkLifetime)
	b := append(append(make([]byte, 0, linkSize), org[:]...), file[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(until.Unix()/60))
	return "/widget/v1/files/" + base64.RawURLEncoding.EncodeToString(append(b, l.mac(b)...)) + "/" + url.PathEscape(name)
}

func (l Links) mac(b []byte) []byte {
	mac := hmac.New(sha256.New, l.key)
	mac.Write(b)
	return mac.Sum(nil)[:16]
}

// Verify returns the file that a link is good for.
func (l Links) Verify(link string, now time.Time) (org, file uuid.UUID, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil || len(b) != linkSize || !hmac.Equal(l.mac(b[:linkSize-16]), b[linkSize-16:]) {
		return org, file, fail.Missing("file")
	}
	if now.Unix()/60 > int64(binary.BigEndian.Uint32(b[32:36])) {
		return org, file, fail.New(fail.Forbidden, "This link has expired. Reopen the chat to download the file.")
	}
	return uuid.UUID(b[:16]), uuid.UUID(b[16:32]), nil
}
