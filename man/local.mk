dist_man_MANS += man/nxctl.1
