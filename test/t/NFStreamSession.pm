#
# NFStreamSession.pm - a session of psql that stays, so that a test can look at its backend between two statements, or
# while one runs.
#
package NFStreamSession;

use strict;
use warnings;

use IPC::Run;
use Time::HiRes qw(time);

my $number = 0;		# of the statements sent so far, over all sessions: each ends with a line of its own

sub new
{
	my ($class, $node, $database) = @_;
	my $self = bless { in => '', out => '', err => '' }, $class;

	$self->{timer} = IPC::Run::timer(30);
	$self->{psql} = IPC::Run::start(
		[ $node->installed_command('psql'), '-X', '-q', '-A', '-t', '-d', $node->connstr($database // 'postgres'), '-f', '-' ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err}, $self->{timer});
	$self->{pid} = $self->query('SELECT pg_backend_pid()');
	return $self;
}

# The backend's process, and psql's.
sub backend { return $_[0]{pid}; }
sub client { return $_[0]{psql}{KIDS}[0]{PID}; }

# Sends statements and does not wait.
sub send
{
	my ($self, $sql) = @_;

	$number++;
	$self->{out} = $self->{err} = '';
	$self->{end} = "end of statement $number";
	$self->{in} .= "$sql;\n\\echo $self->{end}\n\\warn $self->{end}\n";
	$self->{psql}->pump_nb;
}

# Whether what was sent is done, with its newline: psql writes that by itself, and it may come later.
sub is_done
{
	my ($self) = @_;

	$self->{psql}->pump_nb if $self->{psql}->pumpable;
	return $self->{out} =~ /^\Q$self->{end}\E\n/m && $self->{err} =~ /^\Q$self->{end}\E\n/m;
}

# Waits until what was sent is done, for at most a number of seconds; returns its output.  What it said on stderr is in
# $session->{said}.
sub finish
{
	my ($self, $seconds) = @_;

	$self->{timer}->start($seconds // 30);
	until ($self->is_done)
	{
		$self->{psql}->pumpable or last;
		$self->{psql}->pump;
	}
	$self->{said} = $self->{err} =~ s/^\Q$self->{end}\E\n//mr;
	return $self->{out} =~ s/\n?^\Q$self->{end}\E\n//mr;
}

# Runs statements; returns their output.
sub query
{
	my ($self, $sql) = @_;

	$self->send($sql);
	return $self->finish;
}

# Ends the session, as a user does who leaves psql.
sub quit
{
	my ($self) = @_;

	$self->{in} .= "\\q\n";
	$self->{psql}->finish;
}

# Ends psql without a word to the server.
sub vanish
{
	my ($self) = @_;

	$self->{psql}->kill_kill(grace => 0);
}

1;
