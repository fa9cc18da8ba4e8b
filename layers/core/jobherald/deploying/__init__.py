"""What a deployment is given for the sources that it watches: permissions, event rules, and the template with both."""
