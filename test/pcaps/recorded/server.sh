# server.sh - what the server offers: pages, files, names; part of record.sh.

make_contents()
{
	local name

	mkdir -p "$work/www" "$work/ftp" "$work/tmp"
	echo '<!DOCTYPE html><title>hello</title><p>hello, world' > "$work/www/index.html"
	echo '{"answer": 42}' > "$work/www/answer.json"
	openssl rand -out "$work/www/picture.png" 6000
	echo 'hello, world' > "$work/www/hello.txt"
	cp "$work/www/hello.txt" "$work/www/answer.json" "$work/ftp"

	for name in "${names[@]}"; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj "/CN=$name" \
			-addext "subjectAltName=DNS:$name" -keyout "$work/$name.key" -out "$work/$name.crt" 2> /dev/null
	done
}

# HTTP on 80, HTTPS on 443 with a certificate for each of $names.
write_nginx_conf()
{
	local name

	cat <<-END
		daemon off; master_process off; user root; pid $work/nginx.pid; error_log $work/nginx.err;
		events { worker_connections 256; }
		http {
			types { text/html html; application/json json; image/png png; text/plain txt; }
			access_log off; root $work/www; server_tokens off;
			client_body_temp_path $work/tmp; proxy_temp_path $work/tmp; fastcgi_temp_path $work/tmp;
			uwsgi_temp_path $work/tmp; scgi_temp_path $work/tmp;
			ssl_protocols TLSv1.2 TLSv1.3;
			server {
				listen 80 default_server; listen [::]:80;
				location /form { return 201 "created\n"; }
				location /old { return 302 /; }
			}
	END
	for name in "${names[@]}"; do
		cat <<-END
			server {
				listen 443 ssl http2; listen [::]:443 ssl http2; server_name $name;
				ssl_certificate $work/$name.crt; ssl_certificate_key $work/$name.key;
			}
		END
	done
	echo "}"
}

# dnsmasq: names, mail exchangers, texts; and TFTP.
start_dnsmasq()
{
	local records=() name

	for name in "${names[@]}" www.example.org; do
		records+=("--host-record=$name,198.51.100.10,2001:db8:2::10")
	done
	start server dnsmasq.log dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
		--pid-file= --local=/org/ --local=/com/ --local=/example/ "${records[@]}" \
		--mx-host=example.org,mail.example.org,10 "--txt-record=example.org,v=spf1 -all" \
		"--txt-record=long.example.org,$(printf 'x%.0s' {1..250})$(printf ',y%.0s' {1..400})" \
		--enable-tftp --tftp-root="$work/ftp" --tftp-no-fail
}

start_servers()
{
	make_contents
	write_nginx_conf > "$work/nginx.conf"
	start server nginx.log nginx -c "$work/nginx.conf"
	start_dnsmasq
	wait_until inside server curl -sf http://198.51.100.10/
	wait_until inside server dig +time=1 +tries=1 @198.51.100.10 www.example.org
}

# web NAMESPACE [CURL OPTION...] URL...: all names are the server's, and found without DNS; $at is its address.
web()
{
	inside "$1" curl -sSk -o /dev/null --max-time 10 --connect-to "::${at:-198.51.100.10}:" "${@:2}"
}

ask()
{
	inside "$1" dig +noall +time=2 +tries=2 "${@:2}"
}
