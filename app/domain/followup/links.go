package followup

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
)

// returnLink returns a link into the chat, on the page where it began, with a code of its own for once. A mail that gets none is sent
// without it.
func (s *Service) returnLink(ctx context.Context, organization uuid.UUID, u conversation.UnreadInfo) (link string, once bool) {
	if withReturnCode(u.PageURL, "") == "" {
		return "", false
	}
	code := ""
	if !u.Verified { // else the site's sign-in leads back, and nothing in an address becomes somebody whom a site knows
		var err error
		if code, err = s.visitors.CreateReturnCode(ctx, organization, u.Website, u.Visitor); err != nil {
			slog.Warn("make the link of a mail", "error", err)
			return "", false
		}
	}
	return withReturnCode(u.PageURL, code), code != ""
}

// withReturnCode returns the address of a page with a code (empty: none) behind its own fragment, as one word of a plain text; empty if the
// page is not on the web. A page's address is what a visitor's browser said: nothing in it may end the link and go on as the mail's
// text. A fragment that has a secret in it is left out.
func withReturnCode(page, code string) string {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.User = nil
	fragment := codeInFragment.ReplaceAllString(u.EscapedFragment(), "")
	if secretInFragment.MatchString(fragment) {
		fragment = ""
	}
	u.Fragment, u.RawFragment = "", ""
	link := escapeLink(u.String())
	if fragment = escapeLink(fragment); fragment != "" {
		link += "#" + fragment
	}
	switch {
	case code == "":
		return link
	case fragment == "":
		return link + "#parley=" + code
	case (fragment[0] == '/' || fragment[0] == '!') && !strings.Contains(fragment, "?"): // a route of the page's script, with a query
		return link + "?parley=" + code
	}
	return link + "&parley=" + code
}

var (
	codeInFragment   = regexp.MustCompile(`(^|[?&])parley=[\w-]*$`)
	secretInFragment = regexp.MustCompile(`(?i)(token|secret|password|code|session|key)=`)
)

// escapeLink escapes what would end a link in a plain text, or hide a part of it.
func escapeLink(link string) string {
	var out strings.Builder
	for _, b := range []byte(link) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("<>\"\\^`{|}", b) >= 0 {
			fmt.Fprintf(&out, "%%%02X", b)
		} else {
			out.WriteByte(b)
		}
	}
	return out.String()
}
