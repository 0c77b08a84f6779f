package serve

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"

	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/identity"
	"parley/app/front/live"
)

// readLimits reads changes to the default limits.
func readLimits(s string) (live.Limits, identity.Limits, ConnectionLimits, error) {
	if s == "off" {
		return live.Limits{}, identity.Limits{}, ConnectionLimits{}, nil
	}
	l, i, c := live.DefaultLimits(), identity.DefaultLimits(), ConnectionLimits{}
	divideOpenFiles(maxOpenFiles(), &l, &c)
	rates := map[string]*live.Rate{"visitor": &l.Visitor, "address": &l.Address, "website": &l.Website, "organization": &l.Organization,
		"newcomers": &l.NewVisitors, "beginnings": &l.NewConversations, "requests": &l.Requests, "frames": &l.Frames,
		"visitor-bytes": &l.VisitorBytes, "address-bytes": &l.AddressBytes,
		"user-requests": &l.UserRequests, "organization-requests": &l.OrganizationRequests}
	counts := map[string]*int{"address-sockets": &l.AddressSockets, "website-sockets": &l.WebsiteSockets, "sockets": &l.AllSockets,
		"user-sockets": &l.UserSockets, "organization-sockets": &l.OrganizationSockets, "staff-sockets": &l.StaffSockets,
		"connections": &c.Total, "address-connections": &c.PerAddress,
		"login-failures-address": &i.FailuresAddress, "login-failures-account": &i.FailuresAccount,
		"login-failures-account-address": &i.FailuresAccountAddress, "link-failures-address": &i.LinkFailures,
		"signups-address": &i.SignUps, "resets-address": &i.Resets, "invitations": &i.Invitations,
		"mails": &i.Mails, "mails-unverified": &i.MailsUnverified}
	for word := range strings.FieldsSeq(s) {
		name, value, _ := strings.Cut(word, "=")
		if to, there := counts[name]; there {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				*to = n
				continue
			}
		} else if to, there := rates[name]; there {
			second, once, _ := strings.Cut(value, "/")
			a, err1 := strconv.ParseFloat(second, 64)
			b, err2 := strconv.Atoi(once)
			if err1 == nil && err2 == nil && a > 0 && a <= 1e9 && b > 0 {
				*to = live.Rate{PerSecond: a, Burst: b}
				continue
			}
		}
		return l, i, c, fmt.Errorf(
			`LIMITS must be "off" or changes such as "visitor=2/20 address-sockets=2000", not %q; see: parley help`,
			word)
	}
	return l, i, c, nil
}

// readQuotas reads changes to the default quotas.
func readQuotas(s string) (files.Quotas, error) {
	if s == "off" {
		return files.Quotas{}, nil
	}
	q := files.DefaultQuotas
	quotas := map[string]*int64{"organization": &q.Organization, "website": &q.Website}
	for word := range strings.FieldsSeq(s) {
		name, value, _ := strings.Cut(word, "=")
		to := quotas[name]
		unit := int64(0)
		for _, u := range []struct {
			name  string
			bytes int64
		}{{"MB", 1 << 20}, {"GB", 1 << 30}, {"TB", 1 << 40}} {
			if number, is := strings.CutSuffix(value, u.name); is {
				value, unit = number, u.bytes
			}
		}
		n, err := strconv.ParseInt(value, 10, 32)
		if to == nil || unit == 0 || err != nil || n <= 0 {
			return q, fmt.Errorf(
				`STORAGE_LIMITS must be "off" or changes such as "organization=20GB website=500MB" (MB, GB, TB), not %q`,
				word)
		}
		*to = n * unit
	}
	return q, nil
}

// readSuggestions reads what suggestions may take, in megabytes.
func readSuggestions(s string) (faq.MemoryBudget, error) {
	if s == "" {
		return faq.DefaultMemoryBudget(), nil
	}
	one, all, both := strings.Cut(s, "/")
	a, err1 := strconv.Atoi(one)
	b, err2 := strconv.Atoi(all)
	if !both || err1 != nil || err2 != nil || a < 2 || b < a || b > 1<<20 {
		return faq.MemoryBudget{}, fmt.Errorf(
			"SUGGESTIONS_MEMORY must be megabytes for one organization and for all, such as 32/160, not %q", s)
	}
	return faq.MemoryBudget{Organization: a << 20, Total: b << 20}, nil
}

// readProxies reads networks; a single address stands for itself.
func readProxies(s string) (list []*net.IPNet, err error) {
	switch s = strings.TrimSpace(s); s {
	case "none":
		return nil, nil
	case "":
		s = "127.0.0.0/8 ::1/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 fc00::/7 fe80::/10"
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if ip := net.ParseIP(word); ip != nil {
			word += map[bool]string{true: "/32", false: "/128"}[ip.To4() != nil]
		}
		_, network, err := net.ParseCIDR(word)
		if err != nil {
			return nil, fmt.Errorf(`TRUSTED_PROXIES must be networks such as "10.0.0.0/8", or "none", not %q`, word)
		}
		list = append(list, network)
	}
	return list, nil
}

// maxOpenFiles is how many files this process may have open.
func maxOpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 10_000_000 {
		return 10_000_000
	}
	return int(limit.Cur)
}
