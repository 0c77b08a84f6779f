package ui

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"
)

// MailTo returns the link that writes a mail to an address (RFC 6068), empty if it is none. What would mean something in the
// link, such as ? and &, is escaped: the mail goes to this address and nobody else, whatever is in it.
func MailTo(address string) templ.SafeURL {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return ""
	}
	return templ.SafeURL("mailto:" + percentEncode(address[:at]) + "@" + percentEncode(address[at+1:]))
}

// percentEncode returns s with every byte escaped that is not unreserved in an address of the web (RFC 3986 2.3).
func percentEncode(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0 {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}
