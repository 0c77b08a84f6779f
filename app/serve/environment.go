package serve

// EnvironmentHelp describes every setting.
const EnvironmentHelp = `Environment:
  PORT                  where to listen (8080)
  PUBLIC_URL            how browsers reach this server (http://localhost:PORT)
  DATABASE_URL          Postgres, as a role that owns nothing. Without it a private Postgres runs under DATA_DIR
  DATABASE_DIRECT_URL   the same role of the same Postgres without a pooler between, where DATABASE_URL leads to PgBouncer in
                        transaction mode: for the one connection of each server that receives the notifications of others
                        (with REDIS_URL, it only says that there is a pooler)
  MIGRATE_DATABASE_URL  Postgres, as the owner of the schema: for "parley migrate", and for "serve" to migrate at its start
  REDIS_URL             carries notifications between several servers through Redis instead of Postgres
  DATA_DIR              files of a single machine: the private Postgres, the secret key (./data)
  SECRET_KEY            signs visitors' tokens: the same on every server, at least 32 characters; with another one, visitors
                        lose access to their conversations. Without DATABASE_URL it is made once and stored under DATA_DIR. The example of
                        compose.yaml is refused where PUBLIC_URL begins with https
  SMTP_URL              sends mail: smtp://user:password@mail.example:587?from=parley@shop.example. With it, sign-ups,
                        invitations and new passwords go by links that are mailed and shown to nobody else; without it, links are
                        shown instead of sent, and an address proves nothing. &report=abuse@shop.example names the address at which
                        unwanted mails can be reported (else it is the sender's)
  SIGNUP                who can create an organization at /signup: "open" (everybody), "invite" (who was invited by
                        "parley invite") or "closed" (nobody; the default, but for the demo)
  FILES_URL             where files that are sent are stored: a folder (DATA_DIR/files), or s3://KEY:SECRET@host/bucket?region=eu-1
                        (any S3-compatible storage; needed for several servers)
  CLAMD                 host:port of a ClamAV daemon: what is sent is scanned first
  ADMIN_ADDR            where metrics (/metrics) and profiles (/debug/pprof/) are served, for instance 127.0.0.1:9090; not to be
                        reached from outside. Without it there are none
  LOG                   "text" (default) or "json"; "debug" or "json,debug" says more
  TRUSTED_PROXIES       proxies whose X-Forwarded-For is trusted: networks such as "10.0.0.0/8 2001:db8::/32", or "none".
                        Default: this machine and private networks
  CLIENT_ADDRESS_HEADER header in which a trusted proxy says the client's address, where that is not X-Forwarded-For
                        (fly.io: Fly-Client-IP)
  MODELS_INSIDE         language models inside your network that organizations may use for drafts, as "127.0.0.1:11434 llm.internal:8000";
                        others must be public and speak https
  GEOIP_FILE            a country file in MaxMind's format (.mmdb): agents see which country a visitor writes from
  VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY, VAPID_CONTACT
                        keys for Web Push and an address of yours: agents are notified of new messages while no desk is open;
                        make them with: parley vapid
  COMMIT_WINDOW         how long a message waits for others to be committed with (15ms; 0 is not at all)
  DRAIN_DELAY           how long /readyz reports "not ready" before the first connection is closed at a stop (0s); set it to what your
                        balancer needs to notice, at most 5s
  STORAGE_LIMITS        how much is stored of files that are sent: "organization=20GB website=10GB" (these are the defaults), or "off"
  SUGGESTIONS_MEMORY    megabytes that the FAQ suggestions of one organization may take, and of all (32/160). An organization with
                        more entries than fit is suggested those that were changed last; of all, those used least recently are dropped
  LIMITS                "off", or changes such as "visitor=2/20 address=30/300 website=300/3000 organization=1000/10000
                        newcomers=5/500 beginnings=1/100 requests=20/300 frames=30/200 user-requests=50/1000
                        organization-requests=300/5000 visitor-bytes=500000/100000000 address-bytes=2000000/500000000
                        address-sockets=2000 website-sockets=20000 user-sockets=20 organization-sockets=1000
                        address-connections=256 sockets=15000 staff-sockets=2000 connections=4096" (a second / at once)
                        "login-failures-address=300 login-failures-account=200 login-failures-account-address=10
                        link-failures-address=300 signups-address=20 resets-address=200 invitations=500" (in 15 minutes)
                        "mails=5000 mails-unverified=50" (of an organization, in a day).
                        These are the defaults, but for the last three, which follow from the files that this process may
                        open: visitors' sockets, open pages of teams, and HTTP connections. user-sockets and
                        organization-sockets are open pages of one team member (a further one closes the oldest) and of one
                        organization; user-requests and organization-requests are requests of teams; address-connections does
                        not count for trusted proxies
`
