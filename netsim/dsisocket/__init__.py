"""
JSON commands from inside a running test, through an SSH reverse tunnel.

The C{netsim-dsisocket} service is made of these; L{ICommand} is what a project
implements to add commands of its own.
"""
