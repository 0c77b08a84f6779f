package serve

// EnvironmentHelp describes every setting.
const EnvironmentHelp = `Environment:
  PORT                  port to listen on (8080)
  PUBLIC_URL            address at which browsers reach this server (http://localhost:PORT)
  DATABASE_URL          Postgres, with a role that owns nothing. Without it, a private Postgres runs under DATA_DIR
  DATABASE_DIRECT_URL   the same role of the same Postgres without a pooler, where DATABASE_URL leads to PgBouncer in transaction
                        mode: for the one connection of each server that receives the notifications of others
                        (with REDIS_URL, it only says that there is a pooler)
  MIGRATE_DATABASE_URL  Postgres, with the owner of the schema: for "parley migrate", and for "serve" to migrate at start
  REDIS_URL             servers notify one another through Redis instead of Postgres
  DATA_DIR              files of a single machine: the private Postgres, the secret key (./data)
  SECRET_KEY            signs visitors' tokens: the same on every server, at least 32 characters; with another one, visitors
                        lose access to their conversations. Without DATABASE_URL it is created once and stored under DATA_DIR. The example
                        in compose.yaml is refused where PUBLIC_URL begins with https
  SMTP_URL              sends mail: smtp://user:password@mail.example:587?from=parley@shop.example. With it, sign-ups,
                        invitations and new passwords use links that are only mailed; without it, links are shown instead of sent, and
                        addresses are not verified. &report=abuse@shop.example sets the address at which unwanted emails can be
                        reported (default: the sender's)
  SIGNUP                who can create an organization at /signup: "open" (everyone), "invite" (people invited with
                        "parley invite") or "closed" (no one; the default, except for the demo)
  FILES_URL             where uploaded files are stored: a folder (DATA_DIR/files), or s3://KEY:SECRET@host/bucket?region=eu-1
                        (any S3-compatible storage; needed for several servers)
  CLAMD                 host:port of a ClamAV daemon that scans files before they are stored
  ADMIN_ADDR            address that serves metrics (/metrics) and profiles (/debug/pprof/), for instance 127.0.0.1:9090. It must not be
                        reachable from outside. Default: none
  LOG                   "text" (default) or "json"; "debug" or "json,debug" for more detail
  TRUSTED_PROXIES       proxies whose X-Forwarded-For is trusted: networks such as "10.0.0.0/8 2001:db8::/32", or "none".
                        Default: this machine and private networks
  CLIENT_ADDRESS_HEADER header in which a trusted proxy passes the client's address, if not X-Forwarded-For
                        (fly.io: Fly-Client-IP)
  MODELS_INSIDE         language models inside your network that organizations may use for drafts, as "127.0.0.1:11434 llm.internal:8000";
                        others must be public and speak https
  GEOIP_FILE            a country database in MaxMind's format (.mmdb): agents see which country a visitor writes from
  VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY, VAPID_CONTACT
                        keys for Web Push and your contact address: agents are notified of new messages while no desk is open.
                        Create the keys with: parley vapid
  COMMIT_WINDOW         how long a message waits to be committed together with others (15ms; 0: not at all)
  DRAIN_DELAY           how long /readyz reports "not ready" at shutdown before the first connection is closed (0s). Set it to the time
                        that your load balancer needs to notice, at most 5s
  STORAGE_LIMITS        limits on stored files: "organization=20GB website=10GB" (the defaults), or "off"
  SUGGESTIONS_MEMORY    megabytes of memory for the FAQ suggestions of one organization, and of all (32/160). If an organization has
                        more entries than fit, those changed last are suggested; the engines used least recently are dropped
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
