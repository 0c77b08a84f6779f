package serve

import (
	"context"
	"strings"

	"parley/app/domain/files"
	"parley/app/platform/geo"
	"parley/app/platform/mail"
	"parley/app/platform/push"
)

// checkFiles writes, reads and removes a file where uploads are stored.
func (c Config) checkFiles(ctx context.Context) []Finding {
	at := c.filesURL()
	if err := files.CheckStore(ctx, at); err != nil {
		do := "The user that Parley runs as must be able to write there."
		if strings.HasPrefix(at, "s3://") {
			do = "Check key, secret, host, bucket and region in FILES_URL, that the bucket exists, and that the key may " +
				"put, get and delete objects in it."
		}
		return []Finding{failure(briefError(err), do)}
	}
	list := []Finding{passed("%s can be written and read", files.DescribeStore(at))}
	if c.DatabaseURL != "" && !strings.HasPrefix(at, "s3://") {
		list = append(list,
			caution("files are in a folder of this machine: other servers do not have them",
				"With several servers set FILES_URL to an S3-compatible storage."))
	}
	return list
}

// checkScanner has the virus scanner look at a test virus.
func (c Config) checkScanner(ctx context.Context) []Finding {
	if c.Clamd == "" {
		return []Finding{notUsed("CLAMD is not set: files are not scanned")}
	}
	if err := files.CheckScanner(ctx, c.Clamd); err != nil {
		return []Finding{
			failure(briefError(err),
				"Check that clamd listens on the TCP port that CLAMD names (TCPSocket, TCPAddr in clamd.conf). Until then all files are refused."),
		}
	}
	return []Finding{passed("clamd at %s finds the test virus", c.Clamd)}
}

// checkMail logs in to the mail server. It sends nothing.
func (c Config) checkMail(ctx context.Context) []Finding {
	if c.SMTPURL == "" {
		return []Finding{
			caution(
				"SMTP_URL is not set: links are shown instead of sent, addresses are not verified, and visitors get no emails",
				"Set SMTP_URL for production."),
		}
	}
	m, err := mail.NewMailer(c.SMTPURL)
	if err == nil {
		err = m.Check(ctx)
	}
	if err != nil {
		return []Finding{
			failure(briefError(err),
				"Check host, port, user and password in SMTP_URL (smtps:// where TLS begins at once, usually port 465); "+
					"characters such as @ or / in the password are written %40, %2F."),
		}
	}
	return []Finding{passed("the mail server accepts the login (no email was sent)")}
}

// checkPush sees whether the keys of push notifications belong together.
func (c Config) checkPush(context.Context) []Finding {
	if c.PushKeys == (push.Keys{}) {
		return []Finding{notUsed("no keys are set: agents are not notified while no desk is open")}
	}
	if _, err := push.New(c.PushKeys); err != nil {
		return []Finding{failure(err, "Create a new pair with: parley vapid")}
	}
	return []Finding{passed("the keys are valid")}
}

// checkCountries opens the file that says which country an address is in.
func (c Config) checkCountries(context.Context) []Finding {
	if c.GeoFile == "" {
		return []Finding{notUsed("GEOIP_FILE is not set")}
	}
	if _, err := geo.Open(c.GeoFile); err != nil {
		return []Finding{failure(err, "Set GEOIP_FILE to a country file in MaxMind's format (.mmdb) that Parley can read.")}
	}
	return []Finding{passed("the file is valid")}
}
