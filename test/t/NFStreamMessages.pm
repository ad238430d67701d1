#
# NFStreamMessages.pm - the table of messages: its rows, what the extension says to each, and how the two compare.
#
# The table is test/messages/*.txt.  A row is
#
#	== what it is about
#	since 17, until 16				the PostgreSQL that says so; by default all that are supported
#	as analyst						the role; by default the superuser
#	conf NAME = VALUE				a setting of the server, for this row
#	before STATEMENT;				what comes before, as the superuser, and unheard
#	source PATH						the option of the table flows, which is then read: short for ALTER and SELECT
#	option NAME VALUE				an option that is added to it, which is then read
#	sql STATEMENT;					what is said to psql; lines that begin with a tab go on
#	$ COMMAND						or to a shell
#	ERROR:  22023: ...				and all that it answers, line by line, as a user reads it
#
# In it /captures is the directory of the captures, /meters that of meters with capabilities, <...> what the system, a library or the
# moment says, and a line of ... any number of lines.
#
package NFStreamMessages;

use strict;
use warnings;

use Exporter 'import';
use File::Basename;
use IPC::Run;

our @EXPORT_OK = qw(read_rows said matches);

my $lead = qr/^(?:since|until|as|conf|before|source|option|sql|\$) /;

# All rows of a file.
sub read_rows
{
	my ($path) = @_;
	my (@rows, $key);

	open(my $in, '<', $path) or die "could not read $path: $!";
	while (my $line = <$in>)
	{
		chomp $line;
		if ($line =~ /^== (.*)/)
		{
			push @rows, { about => $1, file => basename($path), line => $., said => [], given => [] };
			$key = undef;
		}
		elsif ($line =~ /^#/ || $line eq '') { $key = undef; }
		elsif (!@rows) { die "$path:$.: no row has begun"; }
		elsif ($line =~ s/^\t//)
		{
			die "$path:$.: nothing goes on" unless defined $key;
			$key eq 'said' ? ($rows[-1]{said}[-1] .= "\n\t$line") : ($rows[-1]{given}[-1][1] .= "\n$line");
		}
		elsif (!@{ $rows[-1]{said} } && $line =~ $lead)
		{
			($key, my $value) = split / /, $line, 2;
			push @{ $rows[-1]{given} }, [ $key, $value ];
		}
		else
		{
			push @{ $rows[-1]{said} }, $line;
			$key = 'said';
		}
	}
	return @rows;
}

# What psql is given for a row; it is undone.
sub script
{
	my ($row) = @_;
	my ($before, $input, $role) = ('', '', '');

	foreach my $given (@{ $row->{given} })
	{
		my ($key, $value) = @$given;

		$role = "SET LOCAL SESSION AUTHORIZATION $value;\n" if $key eq 'as';
		$before .= "$value\n" if $key eq 'before';
		$before .= "ALTER FOREIGN TABLE flows OPTIONS (SET source \$\$$value\$\$);\n" if $key eq 'source';
		$input .= "$value\n" if $key eq 'sql';
		next unless $key eq 'option';
		my ($name, $text) = split / /, $value, 2;
		$input .= "ALTER FOREIGN TABLE flows OPTIONS (ADD $name \$\$$text\$\$);\n";
	}
	$input .= "SELECT count(application_name) FROM flows;\n" unless grep { $_->[0] eq 'sql' } @{ $row->{given} };
	return "\\set ON_ERROR_STOP on\nBEGIN;\nSET LOCAL client_min_messages = error;\n$before"
		. "SET LOCAL client_min_messages = notice;\n$role\\set VERBOSITY verbose\n\\set ON_ERROR_STOP off\n$input"
		. "ROLLBACK;\n";
}

# What is said to a row's input, in a cluster and with the captures of a directory: lines.
sub said
{
	my ($node, $directory, $row) = @_;
	my ($command) = map { $_->[1] } grep { $_->[0] eq '$' } @{ $row->{given} };
	my ($out, $err);
	my $program = $node->config_data('--bindir');

	if (defined $command)
	{
		$command =~ s{/captures}{$directory}g;
		IPC::Run::run([ 'bash', '-c', $command ], '<', '/dev/null', '>', \$out, '2>', \$err,
			init => sub { chdir $directory; $ENV{PATH} = "$program:$ENV{PATH}" });
		$err .= 'exit ' . ($? >> 8) . "\n";
	}
	else
	{
		my $script = script($row) =~ s{/captures}{$directory}gr;

		$script =~ s{/meters}{$ENV{NFSTREAM_TEST_METERS}}g if defined $ENV{NFSTREAM_TEST_METERS};

		IPC::Run::run([ $node->installed_command('psql'), '-XqAt', '-d', $node->connstr('postgres') ], '<', \$script,
			'>', \$out, '2>', \$err);
		# The place in the server's source, and in the statement, is nothing that is read; nor that nothing comes after an error.
		$err =~ s/^(?:LOCATION: |LINE \d+: |CONTEXT: | +\^|ERROR:  25P02: ).*\n//mg;
	}
	$err =~ s/\Q$directory\E/\/captures/g;
	$err =~ s/\Q$ENV{NFSTREAM_TEST_METERS}\E/\/meters/g if defined $ENV{NFSTREAM_TEST_METERS};
	return grep { $_ ne '' } split /\n(?!\t)/, $err;
}

# Whether what was said is the row's.
sub matches
{
	my ($row, @said) = @_;
	my $pattern = '';

	foreach my $line (@{ $row->{said} })
	{
		$pattern .= $line eq '...' ? '(?:.*\n)*?' : join('.+?', map { quotemeta } split /<[a-z ']+>/, $line, -1) . '\n';
	}
	return join('', map { "$_\n" } @said) =~ /\A$pattern\z/;
}

1;
